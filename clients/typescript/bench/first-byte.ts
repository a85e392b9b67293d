/** Times first bytes: a program as benchmarks/clients.py describes it. */

import { parseArgs } from "node:util";
import { AudioContainer, Client } from "../src/index.js";

const { values } = parseArgs({
  options: {
    address: { type: "string", default: "" },
    song: { type: "string", default: "" },
    rounds: { type: "string", default: "1" },
  },
});
const music = new Client(values.address);
await firstByteMs(values.song);
const times: number[] = [];
while (times.length < Number(values.rounds)) {
  times.push(await firstByteMs(values.song));
}
music.close();
process.stdout.write(`${JSON.stringify({ first_byte_ms: times })}\n`);

/** Returns the milliseconds from the call to the first byte of audio. */
async function firstByteMs(song: string): Promise<number> {
  const began = performance.now();
  await using stream = music.audio.stream(song, { container: AudioContainer.ADTS });
  for (let chunk = await stream.read(); ; chunk = await stream.read()) {
    if (chunk === undefined) {
      throw new Error("the song is empty");
    }
    if (chunk.data.length > 0) {
      return performance.now() - began;
    }
  }
}
