/** RecommendationService: a function for each RPC. */

import { type Client } from "applemusic-grpc";

export async function listRecommendations(music: Client): Promise<void> {
  for await (const { id, title, items } of music.recommendations.groups()) {
    console.log(id, title, items.length, "items");
  }
}

export async function listRecommendationItems(
  music: Client,
  recommendationId: string,
): Promise<void> {
  for await (const { resource } of music.recommendations.items(recommendationId)) {
    console.log(resource.case, resource.value?.name);
  }
}

export async function listRecentlyPlayed(music: Client): Promise<void> {
  for (const { resource } of await music.recommendations.recentlyPlayed().toArray(5)) {
    console.log(resource.case, resource.value?.name);
  }
}

export async function listRecentlyPlayedTracks(music: Client): Promise<void> {
  for (const { item } of await music.recommendations.recentlyPlayedTracks().toArray(5)) {
    console.log(item.value?.name, "by", item.value?.artistName);
  }
}

export async function listHeavyRotation(music: Client): Promise<void> {
  for (const { resource } of await music.recommendations.heavyRotation().toArray(5)) {
    console.log(resource.case, resource.value?.name);
  }
}

export async function getReplay(music: Client): Promise<void> {
  const { year, topSongs } = await music.recommendations.replay(); // the latest that Apple has
  for (const { resource, playCount } of topSongs) {
    console.log(year, resource?.resource.value?.name, playCount);
  }
}
