/**
 * Finds songs by words and plays them one after the other, through whatever program reads audio from its
 * standard input:
 *
 *     node mini-player.js "rainy days" | mpv -
 *
 * Songs join without a wait: the server is told what comes next. What plays is said on standard error.
 */

import { once } from "node:events";
import { parseArgs } from "node:util";
import {
  AppleMusicError,
  AudioContainer,
  Client,
  DEFAULT_TARGET,
  ResourceType,
  toMs,
  type Song,
} from "applemusic-grpc";

const { values, positionals } = parseArgs({
  options: {
    server: { type: "string", default: DEFAULT_TARGET },
    count: { type: "string", default: "3" },
  },
  allowPositionals: true,
});
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.stdout.on("error", () => stop.abort()); // the player is gone

const music = new Client(values.server, { accessToken: process.env["APPLEMUSIC_TOKEN"] });
try {
  await playAll(positionals.join(" "), Number(values.count));
} catch (error) {
  if (!stop.signal.aborted) {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  }
} finally {
  music.close();
}

async function playAll(term: string, pageSize: number): Promise<void> {
  const { songs } = await music.catalog.search(term, { types: [ResourceType.SONG], pageSize });
  for (const [index, song] of songs.entries()) {
    const seconds = song.duration === undefined ? "?" : Math.round(toMs(song.duration) / 1000);
    process.stderr.write(`${song.artistName}: ${song.name} (${seconds} s)\n`);
    try {
      await play(song, songs.slice(index + 1, index + 6));
    } catch (error) {
      if (!(error instanceof AppleMusicError && error.advice === "skip")) {
        throw error;
      }
      process.stderr.write(`skipped: ${error.message}\n`);
    }
  }
}

async function play(song: Song, next: readonly Song[]): Promise<void> {
  const stream = music.audio.stream(song.id, {
    container: AudioContainer.ADTS, // frames: songs may follow each other
    nextSongIds: next.map(({ id }) => id),
    signal: stop.signal,
  });
  for await (const data of stream.bytes()) {
    if (!process.stdout.write(data)) {
      await once(process.stdout, "drain", { signal: stop.signal }); // the player sets the pace
    }
  }
}
