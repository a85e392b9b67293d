/** RadioService: a function for each RPC. */

import { ResourceType, StationList, type Client } from "applemusic-grpc";

export async function listStations(music: Client): Promise<void> {
  for await (const station of music.radio.stations(StationList.LIVE)) {
    console.log(station.id, station.name, "can be streamed:", station.playable);
  }
}

export async function listStationGenres(music: Client): Promise<void> {
  for await (const genre of music.radio.genres()) {
    console.log(genre.id, genre.name);
  }
}

export async function getSeededStation(music: Client): Promise<void> {
  const song = { type: ResourceType.SONG, id: "1603789145" };
  const station = await music.radio.seededStation(song);
  console.log(station.id, station.name);
}

export async function nextTracks(music: Client): Promise<void> {
  const first = await music.radio.nextTracks("ra.6005892543", { limit: 5 });
  const { sessionToken } = first; // goes on after those
  const more = await music.radio.nextTracks("ra.6005892543", { sessionToken, limit: 5 });
  for (const song of [...first.songs, ...more.songs]) {
    console.log(song.name, "by", song.artistName);
  }
}
