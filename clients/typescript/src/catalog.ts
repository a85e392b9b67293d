/** Reading Apple's catalog. */

import { present, type ListOptions, type ReadOptions } from "./calls.js";
import { CatalogLookup } from "./catalog-lookup.js";
import {
  ArtistAlbumKind,
  type Album,
  type Artist,
  type Curator,
  type Genre,
  type MusicVideo,
  type Playlist,
  type RecordLabel,
  type Relation,
  type Resource,
  type ResourceType,
  type SearchResponse,
  type SearchSuggestionsResponse,
  type Song,
  type Station,
  type Track,
} from "./gen/v1.js";
import type { Batch, Pager } from "./paging.js";
import { reference, type Referable } from "./references.js";

/** What a search takes. */
export interface SearchOptions extends ListOptions {
  /** Types to look for; left out, songs, albums, artists and playlists. */
  readonly types?: readonly ResourceType[] | undefined;
  /** Also fills `topResults`. */
  readonly includeTopResults?: boolean | undefined;
}

/**
 * Songs, albums, artists, playlists and more, by id, by relation and by words.
 *
 * Needs no listener. A `get…` fails with `RESOURCE_NOT_FOUND` for an unknown id, a `batchGet…` reports it
 * as missing; every method can fail with the reasons of the developer token and of the upstream.
 */
export class Catalog extends CatalogLookup {
  /**
   * Finds resources by words: the first page, each type in a list of its own, best first. Fails with
   * `INVALID_FIELD` when the term is blank or too long, or a type cannot be searched.
   */
  async search(term: string, options: SearchOptions = {}): Promise<SearchResponse> {
    const request = {
      ...this.calls.read(options),
      term,
      types: [...(options.types ?? [])],
      includeTopResults: options.includeTopResults ?? false,
      pageSize: options.pageSize ?? 0,
      pageToken: options.pageToken ?? "",
    };
    return this.calls.raw.catalog.search(request, this.calls.rpc(options));
  }

  /** Iterates over page after page of what `search` finds, until no type has more. */
  async *searchPages(
    term: string,
    options: SearchOptions = {},
  ): AsyncGenerator<SearchResponse, void, undefined> {
    for (let pageToken = options.pageToken; pageToken !== "";) {
      const found = await this.search(term, { ...options, pageToken });
      yield found;
      pageToken = found.nextPageToken;
    }
  }

  /**
   * Completes what a person has typed so far.
   *
   * @param options `termLimit` is the most terms to return, 5 when left out; `types` are those of which
   *   to return the best matches as well.
   */
  async searchSuggestions(
    term: string,
    options: ReadOptions & {
      readonly termLimit?: number | undefined;
      readonly types?: readonly ResourceType[] | undefined;
    } = {},
  ): Promise<SearchSuggestionsResponse> {
    const request = {
      ...this.calls.read(options),
      term,
      termLimit: options.termLimit ?? 0,
      types: [...(options.types ?? [])],
    };
    return this.calls.raw.catalog.searchSuggestions(request, this.calls.rpc(options));
  }

  /** Returns one song by catalog id (digits). */
  async getSong(songId: string, options: ReadOptions = {}): Promise<Song> {
    const request = { ...this.calls.read(options), id: songId };
    const response = await this.calls.raw.catalog.getSong(request, this.calls.rpc(options));
    return present(response.song, "song");
  }

  /** Returns any number of songs in the order asked for. */
  async batchGetSongs(songIds: Iterable<string>, options: ReadOptions = {}): Promise<Batch<Song>> {
    const fields = this.calls.read(options);
    return this.calls.batch(songIds, 1500, options, async (ids, rpc) => {
      const found = await this.calls.raw.catalog.batchGetSongs({ ...fields, ids }, rpc);
      return [found.songs, found.missingIds];
    });
  }

  /** Returns one album by catalog id (digits). */
  async getAlbum(albumId: string, options: ReadOptions = {}): Promise<Album> {
    const request = { ...this.calls.read(options), id: albumId };
    const response = await this.calls.raw.catalog.getAlbum(request, this.calls.rpc(options));
    return present(response.album, "album");
  }

  /** Returns any number of albums in the order asked for. */
  async batchGetAlbums(
    albumIds: Iterable<string>,
    options: ReadOptions = {},
  ): Promise<Batch<Album>> {
    const fields = this.calls.read(options);
    return this.calls.batch(albumIds, 1000, options, async (ids, rpc) => {
      const found = await this.calls.raw.catalog.batchGetAlbums({ ...fields, ids }, rpc);
      return [found.albums, found.missingIds];
    });
  }

  /** Returns one artist by catalog id (digits). */
  async getArtist(artistId: string, options: ReadOptions = {}): Promise<Artist> {
    const request = { ...this.calls.read(options), id: artistId };
    const response = await this.calls.raw.catalog.getArtist(request, this.calls.rpc(options));
    return present(response.artist, "artist");
  }

  /** Returns any number of artists in the order asked for. */
  async batchGetArtists(
    artistIds: Iterable<string>,
    options: ReadOptions = {},
  ): Promise<Batch<Artist>> {
    const fields = this.calls.read(options);
    return this.calls.batch(artistIds, 500, options, async (ids, rpc) => {
      const found = await this.calls.raw.catalog.batchGetArtists({ ...fields, ids }, rpc);
      return [found.artists, found.missingIds];
    });
  }

  /** Returns one playlist by catalog id (`pl.…`). */
  async getPlaylist(playlistId: string, options: ReadOptions = {}): Promise<Playlist> {
    const request = { ...this.calls.read(options), id: playlistId };
    const response = await this.calls.raw.catalog.getPlaylist(request, this.calls.rpc(options));
    return present(response.playlist, "playlist");
  }

  /** Returns any number of playlists in the order asked for. */
  async batchGetPlaylists(
    playlistIds: Iterable<string>,
    options: ReadOptions = {},
  ): Promise<Batch<Playlist>> {
    const fields = this.calls.read(options);
    return this.calls.batch(playlistIds, 250, options, async (ids, rpc) => {
      const found = await this.calls.raw.catalog.batchGetPlaylists({ ...fields, ids }, rpc);
      return [found.playlists, found.missingIds];
    });
  }

  /** Returns one station by id (`ra.…`). */
  async getStation(stationId: string, options: ReadOptions = {}): Promise<Station> {
    const request = { ...this.calls.read(options), id: stationId };
    const response = await this.calls.raw.catalog.getStation(request, this.calls.rpc(options));
    return present(response.station, "station");
  }

  /** Returns any number of stations in the order asked for. */
  async batchGetStations(
    stationIds: Iterable<string>,
    options: ReadOptions = {},
  ): Promise<Batch<Station>> {
    const fields = this.calls.read(options);
    return this.calls.batch(stationIds, 500, options, async (ids, rpc) => {
      const found = await this.calls.raw.catalog.batchGetStations({ ...fields, ids }, rpc);
      return [found.stations, found.missingIds];
    });
  }

  /** Returns one music video by catalog id (digits). */
  async getMusicVideo(musicVideoId: string, options: ReadOptions = {}): Promise<MusicVideo> {
    const request = { ...this.calls.read(options), id: musicVideoId };
    const response = await this.calls.raw.catalog.getMusicVideo(request, this.calls.rpc(options));
    return present(response.musicVideo, "music video");
  }

  /** Returns any number of music videos in the order asked for. */
  async batchGetMusicVideos(
    musicVideoIds: Iterable<string>,
    options: ReadOptions = {},
  ): Promise<Batch<MusicVideo>> {
    const fields = this.calls.read(options);
    return this.calls.batch(musicVideoIds, 1000, options, async (ids, rpc) => {
      const found = await this.calls.raw.catalog.batchGetMusicVideos({ ...fields, ids }, rpc);
      return [found.musicVideos, found.missingIds];
    });
  }

  /** Returns one genre by catalog id (digits). */
  async getGenre(genreId: string, options: ReadOptions = {}): Promise<Genre> {
    const request = { ...this.calls.read(options), id: genreId };
    const response = await this.calls.raw.catalog.getGenre(request, this.calls.rpc(options));
    return present(response.genre, "genre");
  }

  /** Returns any number of genres in the order asked for. */
  async batchGetGenres(
    genreIds: Iterable<string>,
    options: ReadOptions = {},
  ): Promise<Batch<Genre>> {
    const fields = this.calls.read(options);
    return this.calls.batch(genreIds, 500, options, async (ids, rpc) => {
      const found = await this.calls.raw.catalog.batchGetGenres({ ...fields, ids }, rpc);
      return [found.genres, found.missingIds];
    });
  }

  /** Returns one curator by catalog id (digits). */
  async getCurator(curatorId: string, options: ReadOptions = {}): Promise<Curator> {
    const request = { ...this.calls.read(options), id: curatorId };
    const response = await this.calls.raw.catalog.getCurator(request, this.calls.rpc(options));
    return present(response.curator, "curator");
  }

  /** Returns one record label by catalog id (digits). */
  async getRecordLabel(recordLabelId: string, options: ReadOptions = {}): Promise<RecordLabel> {
    const request = { ...this.calls.read(options), id: recordLabelId };
    const response = await this.calls.raw.catalog.getRecordLabel(request, this.calls.rpc(options));
    return present(response.recordLabel, "record label");
  }

  /** Lists the tracks of an album in order. */
  albumTracks(albumId: string, options: ListOptions = {}): Pager<Track> {
    const { catalog } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => catalog.listAlbumTracks({ ...page, albumId }, rpc),
      ({ tracks }) => tracks,
    );
  }

  /** Lists the tracks of a catalog playlist (`pl.…`) in order. */
  playlistTracks(playlistId: string, options: ListOptions = {}): Pager<Track> {
    const { catalog } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => catalog.listPlaylistTracks({ ...page, playlistId }, rpc),
      ({ tracks }) => tracks,
    );
  }

  /**
   * Lists the albums of an artist.
   *
   * @param options `kind` is the kind of albums; left out, all.
   */
  artistAlbums(
    artistId: string,
    options: ListOptions & { readonly kind?: ArtistAlbumKind | undefined } = {},
  ): Pager<Album> {
    const { catalog } = this.calls.raw;
    const kind = options.kind ?? ArtistAlbumKind.ALL;
    return this.calls.pager(
      options,
      (page, rpc) => catalog.listArtistAlbums({ ...page, artistId, kind }, rpc),
      ({ albums }) => albums,
    );
  }

  /** Lists the most played songs of an artist, the most played first. */
  artistTopSongs(artistId: string, options: ListOptions = {}): Pager<Song> {
    const { catalog } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => catalog.listArtistTopSongs({ ...page, artistId }, rpc),
      ({ songs }) => songs,
    );
  }

  /** Lists artists whom listeners of this artist play too, the closest first. */
  similarArtists(artistId: string, options: ListOptions = {}): Pager<Artist> {
    const { catalog } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => catalog.listSimilarArtists({ ...page, artistId }, rpc),
      ({ artists }) => artists,
    );
  }

  /** Lists what stands in a given relation to a resource. */
  related(resource: Referable, relation: Relation, options: ListOptions = {}): Pager<Resource> {
    const { catalog } = this.calls.raw;
    const own = { resource: reference(resource), relation };
    return this.calls.pager(
      options,
      (page, rpc) => catalog.listRelated({ ...page, ...own }, rpc),
      ({ resources }) => resources,
    );
  }
}
