/** CatalogService: a function for each RPC, with ids of the simulator's catalog. */

import {
  ArtistAlbumKind,
  LyricsTiming,
  Relation,
  ResourceType,
  StationKind,
  View,
  toDate,
  toMs,
  type Client,
} from "applemusic-grpc";

export async function search(music: Client): Promise<void> {
  const types = [ResourceType.SONG, ResourceType.ALBUM];
  const { songs, albums } = await music.catalog.search("interlude", { types, pageSize: 5 });
  for (const song of songs) {
    console.log(song.name, "by", song.artistName, song.duration && toMs(song.duration) / 1000);
  }
  for (const album of albums) {
    console.log(album.name, "with", album.trackCount, "tracks");
  }
}

export async function searchSuggestions(music: Client): Promise<void> {
  const found = await music.catalog.searchSuggestions("inter", { termLimit: 5 });
  for (const { displayTerm } of found.suggestions) {
    console.log(displayTerm);
  }
}

export async function getSong(music: Client): Promise<void> {
  const song = await music.catalog.getSong("1603789145", { view: View.FULL });
  console.log(song.name, "by", song.artistName, song.isrc);
}

export async function batchGetSongs(music: Client): Promise<void> {
  const batch = await music.catalog.batchGetSongs(["1603789145", "1603789151", "999999999"]);
  for (const song of batch.items) {
    console.log(song.id, song.name);
  }
  console.log("not there:", batch.missing);
}

export async function getAlbum(music: Client): Promise<void> {
  const album = await music.catalog.getAlbum("1603789138");
  console.log(album.name, "by", album.artistName, album.trackCount, "tracks");
}

export async function batchGetAlbums(music: Client): Promise<void> {
  const { items } = await music.catalog.batchGetAlbums(["1603789138", "1603878704"]);
  for (const album of items) {
    console.log(album.name, album.upc);
  }
}

export async function getArtist(music: Client): Promise<void> {
  const artist = await music.catalog.getArtist("1400000701");
  console.log(artist.name, artist.genreNames);
}

export async function batchGetArtists(music: Client): Promise<void> {
  const { items } = await music.catalog.batchGetArtists(["1400000701", "1409000119"]);
  for (const artist of items) {
    console.log(artist.name);
  }
}

export async function getPlaylist(music: Client): Promise<void> {
  const playlist = await music.catalog.getPlaylist("pl.a97a854fad0b33ce654d1172cd872023");
  console.log(playlist.name, "by", playlist.curatorName);
}

export async function batchGetPlaylists(music: Client): Promise<void> {
  const ids = ["pl.a97a854fad0b33ce654d1172cd872023"];
  for (const playlist of (await music.catalog.batchGetPlaylists(ids)).items) {
    console.log(playlist.name, playlist.lastModifiedTime && toDate(playlist.lastModifiedTime));
  }
}

export async function getStation(music: Client): Promise<void> {
  const station = await music.catalog.getStation("ra.6005892543");
  console.log(station.name, StationKind[station.kind]);
}

export async function batchGetStations(music: Client): Promise<void> {
  const { items } = await music.catalog.batchGetStations(["ra.6005892543", "ra.187476016"]);
  for (const station of items) {
    console.log(station.name);
  }
}

export async function getMusicVideo(music: Client): Promise<void> {
  const video = await music.catalog.getMusicVideo("1500000009");
  console.log(video.name, "by", video.artistName);
}

export async function batchGetMusicVideos(music: Client): Promise<void> {
  const { items } = await music.catalog.batchGetMusicVideos(["1500000009", "1500000008"]);
  for (const video of items) {
    console.log(video.name);
  }
}

export async function getGenre(music: Client): Promise<void> {
  const genre = await music.catalog.getGenre("20");
  console.log(genre.id, genre.name);
}

export async function batchGetGenres(music: Client): Promise<void> {
  const { items } = await music.catalog.batchGetGenres(["20", "5"]);
  for (const genre of items) {
    console.log(genre.name);
  }
}

export async function getCurator(music: Client): Promise<void> {
  const curator = await music.catalog.getCurator("987984386");
  console.log(curator.name, "is Apple:", curator.apple);
}

export async function getRecordLabel(music: Client): Promise<void> {
  const label = await music.catalog.getRecordLabel("1543301417");
  console.log(label.name, label.url);
}

export async function listAlbumTracks(music: Client): Promise<void> {
  for await (const { item } of music.catalog.albumTracks("1603789138")) {
    if (item.case === "song") {
      console.log(item.value.trackNumber, item.value.name); // else it is a music video
    }
  }
}

export async function listPlaylistTracks(music: Client): Promise<void> {
  const tracks = music.catalog.playlistTracks("pl.a97a854fad0b33ce654d1172cd872023");
  for (const { item } of await tracks.toArray(10)) {
    console.log(item.value?.name, "by", item.value?.artistName);
  }
}

export async function listArtistAlbums(music: Client): Promise<void> {
  const kind = ArtistAlbumKind.FULL_ALBUMS;
  for await (const album of music.catalog.artistAlbums("1400000701", { kind })) {
    console.log(album.name, album.releaseDate?.year);
  }
}

export async function listArtistTopSongs(music: Client): Promise<void> {
  for (const song of await music.catalog.artistTopSongs("1400000701").toArray(5)) {
    console.log(song.name);
  }
}

export async function listSimilarArtists(music: Client): Promise<void> {
  for await (const artist of music.catalog.similarArtists("1400000701")) {
    console.log(artist.name);
  }
}

export async function listRelated(music: Client): Promise<void> {
  const artist = { type: ResourceType.ARTIST, id: "1400000701" };
  for await (const { resource } of music.catalog.related(artist, Relation.FEATURED_PLAYLISTS)) {
    console.log(resource.value?.name);
  }
}

export async function listCharts(music: Client): Promise<void> {
  const types = [ResourceType.SONG];
  for await (const page of music.catalog.charts({ types, genreId: "20", pageSize: 5 }).pages()) {
    for (const { name, items } of page.items) {
      console.log(
        name,
        items.map(({ resource }) => resource.value?.name),
      );
    }
    break; // the first five of each chart
  }
}

export async function listGenres(music: Client): Promise<void> {
  for await (const genre of music.catalog.genres()) {
    console.log(genre.id, genre.name);
  }
}

export async function listStorefronts(music: Client): Promise<void> {
  for await (const storefront of music.catalog.storefronts({ language: "en-US" })) {
    console.log(storefront.id, storefront.name);
  }
}

export async function lookupIsrc(music: Client): Promise<void> {
  const { items } = await music.catalog.lookupIsrc(["QZSIM0800024"]);
  for (const { isrc, songs } of items) {
    console.log(isrc, "is", songs[0]?.name);
  }
}

export async function lookupUpc(music: Client): Promise<void> {
  const { items } = await music.catalog.lookupUpc(["195992543775"]);
  for (const { upc, albums } of items) {
    console.log(upc, "is", albums[0]?.name);
  }
}

export async function lookupEquivalents(music: Client): Promise<void> {
  const ids = ["1603789145"];
  const german = { storefront: "de" };
  const { items } = await music.catalog.lookupEquivalents(ResourceType.SONG, ids, german);
  for (const { id, resources } of items) {
    console.log(id, "is", resources[0]?.resource.value?.id);
  }
}

export async function resolveUrl(music: Client): Promise<void> {
  const url = "https://music.apple.com/us/album/estuary-attic/1603878704?i=1603878712";
  const { resource } = await music.catalog.resolveUrl(url);
  console.log(resource.case, resource.value?.name);
}

export async function getLyrics(music: Client): Promise<void> {
  const { lines } = await music.catalog.lyrics("1603789145", { timing: LyricsTiming.LINE });
  for (const { startOffset, text } of lines) {
    console.log(startOffset && toMs(startOffset), text);
  }
}
