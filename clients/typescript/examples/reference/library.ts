/** LibraryService: a function for each RPC. Ids that only a listener has are parameters. */

import { ResourceType, type Client } from "applemusic-grpc";

export async function listLibrarySongs(music: Client): Promise<void> {
  for await (const page of music.library.songs({ pageSize: 50 }).pages()) {
    for (const song of page.items) {
      console.log(song.id, song.name, "by", song.artistName);
    }
    console.log(page.items.length, "of", page.totalCount);
    break; // the others in the same way; what is not asked for is not read
  }
}

export async function listLibraryAlbums(music: Client): Promise<void> {
  for (const album of await music.library.albums().toArray(10)) {
    console.log(album.id, album.name);
  }
}

export async function listLibraryArtists(music: Client): Promise<void> {
  for (const artist of await music.library.artists().toArray(10)) {
    console.log(artist.id, artist.name);
  }
}

export async function listLibraryPlaylists(music: Client): Promise<void> {
  for await (const playlist of music.library.playlists()) {
    console.log(playlist.id, playlist.name, "editable:", playlist.editable);
  }
}

export async function listLibraryMusicVideos(music: Client): Promise<void> {
  for (const video of await music.library.musicVideos().toArray(10)) {
    console.log(video.id, video.name);
  }
}

export async function listPlaylistFolderChildren(music: Client): Promise<void> {
  // Of the root; else folderChildren(folderId).
  for await (const { resource } of music.library.folderChildren()) {
    console.log(resource.case, resource.value?.id, resource.value?.name);
  }
}

export async function listLibraryAlbumTracks(music: Client, albumId: string): Promise<void> {
  for await (const { item } of music.library.albumTracks(albumId)) {
    console.log(item.value?.name);
  }
}

export async function listLibraryPlaylistTracks(music: Client, playlistId: string): Promise<void> {
  for await (const { item } of music.library.playlistTracks(playlistId)) {
    console.log(item.value?.id, item.value?.name);
  }
}

export async function listLibraryArtistAlbums(music: Client, artistId: string): Promise<void> {
  for await (const album of music.library.artistAlbums(artistId)) {
    console.log(album.name);
  }
}

export async function batchGetLibraryItems(music: Client, songId: string): Promise<void> {
  const batch = await music.library.batchGet([{ type: ResourceType.SONG, id: songId }]);
  for (const { resource } of batch.items) {
    console.log(resource.case, resource.value?.name);
  }
  console.log("not there:", batch.missing);
}

export async function searchLibrary(music: Client): Promise<void> {
  const { songs } = await music.library.search("amber", { types: [ResourceType.SONG] });
  for (const song of songs) {
    console.log(song.name, "by", song.artistName);
  }
}

export async function listRecentlyAdded(music: Client): Promise<void> {
  for (const { resource } of await music.library.recentlyAdded().toArray(5)) {
    console.log(resource.case, resource.value?.name);
  }
}

export async function syncLibrary(music: Client, syncToken: string): Promise<void> {
  const albums = new Map<string, string>(); // kept with the token; no token asks for everything
  for await (const change of music.library.sync({ types: [ResourceType.ALBUM], syncToken })) {
    if (change.case === "upsert") {
      const album = change.value.resource?.resource.value;
      albums.set(album?.id ?? "", album?.name ?? "");
    } else if (change.case === "removal") {
      albums.delete(change.value.resource?.id ?? "");
    } else if (change.case === "checkpoint") {
      // Keep its syncToken: it asks for what has changed since.
      console.log(albums.size, "albums; complete:", change.value.complete);
    }
  }
}

export async function addToLibrary(music: Client): Promise<void> {
  const refused = await music.library.add([{ type: ResourceType.SONG, id: "1603789145" }]);
  console.log("refused by Apple:", refused);
}

export async function removeFromLibrary(music: Client, songId: string): Promise<void> {
  const absent = await music.library.remove([{ type: ResourceType.SONG, id: songId }]);
  console.log("were not there:", absent);
}

export async function createPlaylist(music: Client): Promise<void> {
  const { items } = await music.catalog.batchGetSongs(["1603789145", "1603789151"]);
  const playlist = await music.library.createPlaylist("Rainy Days", {
    description: "For the window seat",
    tracks: items,
  });
  console.log(playlist.id, playlist.name);
}

export async function updatePlaylist(music: Client, playlistId: string): Promise<void> {
  const playlist = await music.library.updatePlaylist(playlistId, { name: "Rainier Days" });
  console.log(playlist.name); // the description is what it was
}

export async function deletePlaylist(music: Client, playlistId: string): Promise<void> {
  await music.library.deletePlaylist(playlistId);
  console.log("deleted", playlistId);
}

export async function addPlaylistTracks(music: Client, playlistId: string): Promise<void> {
  const songs = [{ type: ResourceType.SONG, id: "1603789143" }];
  const once = { skipDuplicates: true };
  const refused = await music.library.addPlaylistTracks(playlistId, songs, once);
  console.log("refused by Apple:", refused);
}

export async function removePlaylistTracks(music: Client, playlistId: string): Promise<void> {
  const count = await music.library.removePlaylistTracks(playlistId, { positions: [0] });
  console.log(count, "removed");
}

export async function movePlaylistTracks(music: Client, playlistId: string): Promise<void> {
  const move = { startIndex: 1, count: 1, targetIndex: 0 };
  await music.library.movePlaylistTracks(playlistId, move);
  console.log("the second is the first now");
}

export async function replacePlaylistTracks(music: Client, playlistId: string): Promise<void> {
  const songs = [{ type: ResourceType.SONG, id: "1603789143" }];
  const refused = await music.library.replacePlaylistTracks(playlistId, songs);
  console.log("refused by Apple:", refused);
}

export async function createPlaylistFolder(music: Client): Promise<void> {
  const folder = await music.library.createPlaylistFolder("Weather");
  console.log(folder.id, folder.name);
}

export async function updatePlaylistFolder(music: Client, folderId: string): Promise<void> {
  const folder = await music.library.renamePlaylistFolder(folderId, "All weathers");
  console.log(folder.name);
}

export async function deletePlaylistFolder(music: Client, folderId: string): Promise<void> {
  await music.library.deletePlaylistFolder(folderId);
  console.log("deleted", folderId);
}

export async function moveToPlaylistFolder(
  music: Client,
  playlistId: string,
  folderId: string,
): Promise<void> {
  const playlist = { type: ResourceType.PLAYLIST, id: playlistId };
  await music.library.moveToPlaylistFolder(playlist, folderId);
  console.log(playlistId, "is in", folderId);
}
