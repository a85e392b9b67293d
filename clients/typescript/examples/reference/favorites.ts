/** FavoritesService: a function for each RPC. */

import { FavoriteState, ResourceType, type Client } from "applemusic-grpc";

export async function setFavorites(music: Client): Promise<void> {
  const songs = [{ type: ResourceType.SONG, id: "1603789145" }];
  const refused = await music.favorites.set(songs, { state: FavoriteState.FAVORITE });
  console.log("refused by Apple:", refused);
}

export async function clearFavorites(music: Client): Promise<void> {
  await music.favorites.clear([{ type: ResourceType.SONG, id: "1603789145" }]);
  console.log("neither a favorite nor disliked");
}

export async function batchGetFavorites(music: Client): Promise<void> {
  const songs = [{ type: ResourceType.SONG, id: "1603789145" }];
  for (const { item, state } of await music.favorites.batchGet(songs)) {
    console.log(item?.id, FavoriteState[state]);
  }
}
