/** AudioService: a function for each RPC. */

import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Preparation, toMs, type Client } from "applemusic-grpc";

export async function audioStream(music: Client): Promise<void> {
  const nextSongIds = ["1603789151"]; // is ready when this song ends
  const stream = music.audio.stream("1603789145", { nextSongIds });
  const { mimeType, duration } = await stream.start();
  console.log(mimeType, duration && toMs(duration) / 1000);
  const player = createWriteStream("/dev/null"); // a player's standard input
  await pipeline(stream.bytes(), player);
  const { firstByteDuration } = stream.summary ?? {};
  console.log("first byte after", firstByteDuration && toMs(firstByteDuration), "ms");
}

export async function prepareAudio(music: Client): Promise<void> {
  const songIds = ["1603789151", "1603789145"]; // the next first
  for (const { songId, preparation } of await music.audio.prepare(songIds)) {
    console.log(songId, Preparation[preparation]);
  }
}

export async function listPreparedAudio(music: Client): Promise<void> {
  const prepared = await music.audio.prepared();
  console.log(prepared.length, "songs");
  for (const { songId, preparation } of prepared) {
    console.log(songId, Preparation[preparation]);
  }
}
