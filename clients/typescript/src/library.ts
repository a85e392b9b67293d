/** Reading an account's library. */

import type { ListOptions, ReadOptions } from "./calls.js";
import { IncompleteStreamError } from "./errors.js";
import type {
  Album,
  Artist,
  MusicVideo,
  Playlist,
  Resource,
  ResourceType,
  SearchLibraryResponse,
  Song,
  SyncLibraryResponse,
  Track,
} from "./gen/v1.js";
import { LibraryEdit } from "./library-edit.js";
import type { Batch, Pager } from "./paging.js";
import { Attempts, mostAttempts } from "./reconnect.js";
import { references, type Referable } from "./references.js";

const MAX_BATCH = 1000;

/** One message of a sync: `switch (change.case)`. */
export type SyncChange = Exclude<SyncLibraryResponse["change"], { case: undefined }>;

/** What a sync takes. */
export interface SyncOptions extends ReadOptions {
  /** Of songs, albums, artists, playlists, music videos and folders those to send; left out, all. */
  readonly types?: readonly ResourceType[] | undefined;
  /** From a checkpoint with the same account and types; left out, everything is sent. */
  readonly syncToken?: string | undefined;
  /** Also sends what playlists hold. */
  readonly includePlaylistTracks?: boolean | undefined;
}

/**
 * A listener's library: lists, search, sync, and (from `LibraryEdit`) changes.
 *
 * Every method needs an account.
 */
export class Library extends LibraryEdit {
  /** Lists songs, newest addition first where Apple orders so. */
  songs(options: ListOptions = {}): Pager<Song> {
    const { library } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => library.listLibrarySongs(page, rpc),
      ({ songs }) => songs,
    );
  }

  /** Lists albums. */
  albums(options: ListOptions = {}): Pager<Album> {
    const { library } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => library.listLibraryAlbums(page, rpc),
      ({ albums }) => albums,
    );
  }

  /** Lists artists. */
  artists(options: ListOptions = {}): Pager<Artist> {
    const { library } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => library.listLibraryArtists(page, rpc),
      ({ artists }) => artists,
    );
  }

  /** Lists playlists of all folders. */
  playlists(options: ListOptions = {}): Pager<Playlist> {
    const { library } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => library.listLibraryPlaylists(page, rpc),
      ({ playlists }) => playlists,
    );
  }

  /** Lists music videos. */
  musicVideos(options: ListOptions = {}): Pager<MusicVideo> {
    const { library } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => library.listLibraryMusicVideos(page, rpc),
      ({ musicVideos }) => musicVideos,
    );
  }

  /** Lists the playlists and folders directly inside a folder; `""` for the root. */
  folderChildren(folderId = "", options: ListOptions = {}): Pager<Resource> {
    const { library } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => library.listPlaylistFolderChildren({ ...page, folderId }, rpc),
      ({ children }) => children,
    );
  }

  /** Lists the tracks of an album in the library (`l.…`). */
  albumTracks(albumId: string, options: ListOptions = {}): Pager<Track> {
    const { library } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => library.listLibraryAlbumTracks({ ...page, albumId }, rpc),
      ({ tracks }) => tracks,
    );
  }

  /** Lists the tracks of a playlist in the library (`p.…`). */
  playlistTracks(playlistId: string, options: ListOptions = {}): Pager<Track> {
    const { library } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => library.listLibraryPlaylistTracks({ ...page, playlistId }, rpc),
      ({ tracks }) => tracks,
    );
  }

  /** Lists the albums of an artist in the library (`r.…`). */
  artistAlbums(artistId: string, options: ListOptions = {}): Pager<Album> {
    const { library } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => library.listLibraryArtistAlbums({ ...page, artistId }, rpc),
      ({ albums }) => albums,
    );
  }

  /** Lists what was added last, albums and playlists mixed, newest first. */
  recentlyAdded(options: ListOptions = {}): Pager<Resource> {
    const { library } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => library.listRecentlyAdded(page, rpc),
      ({ resources }) => resources,
    );
  }

  /** Returns any number of items by library id, of any type, in the order asked for. */
  async batchGet(items: Iterable<Referable>, options: ReadOptions = {}): Promise<Batch<Resource>> {
    const fields = this.calls.read(options);
    const answers = await this.calls.parts(references(items), MAX_BATCH, options, (part, rpc) =>
      this.calls.raw.library.batchGetLibraryItems({ ...fields, items: part }, rpc),
    );
    return {
      items: answers.flatMap(({ resources }) => resources),
      missing: answers.flatMap(({ missingIds }) => missingIds),
    };
  }

  /**
   * Finds items of the library by words: the first page, each type in a list of its own.
   *
   * @param options `types` are those of songs, albums, artists, playlists and music videos to look for;
   *   left out, all.
   */
  async search(
    term: string,
    options: ListOptions & { readonly types?: readonly ResourceType[] | undefined } = {},
  ): Promise<SearchLibraryResponse> {
    const request = {
      ...this.calls.read(options),
      term,
      types: [...(options.types ?? [])],
      pageSize: options.pageSize ?? 0,
      pageToken: options.pageToken ?? "",
    };
    return this.calls.raw.library.searchLibrary(request, this.calls.rpc(options));
  }

  /**
   * Iterates over the library, or over what changed in it since a checkpoint. Has no deadline.
   *
   * Where it breaks it goes on by itself, with back-off, from the last checkpoint: what came after that
   * comes again. It ends without an error if and only if everything came. Fails with
   * `SYNC_TOKEN_INVALID` when the token is too old or of another account (sync from the start), with
   * `UNAVAILABLE` when the server or Apple stayed away (go on later with the last checkpoint's token),
   * and with `IncompleteStreamError` when the server ended it without a final checkpoint.
   */
  async *sync(options: SyncOptions = {}): AsyncGenerator<SyncChange, void, undefined> {
    const attempts = new Attempts(this.calls);
    let { syncToken } = options;
    for (;;) {
      try {
        for await (const change of this.#syncOnce({ ...options, syncToken })) {
          if (change.case === "checkpoint") {
            attempts.progressed();
            ({ syncToken } = change.value);
          }
          yield change;
        }
        return;
      } catch (error) {
        await attempts.wait(error, options.signal, mostAttempts(error));
      }
    }
  }

  /** Iterates over what one call says. */
  async *#syncOnce(options: SyncOptions): AsyncGenerator<SyncChange, void, undefined> {
    const request = {
      ...this.calls.read(options),
      types: [...(options.types ?? [])],
      syncToken: options.syncToken ?? "",
      includePlaylistTracks: options.includePlaylistTracks ?? false,
    };
    let complete = false;
    const stream = this.calls.raw.library.syncLibrary(request, this.calls.rpc(options));
    for await (const { change } of stream) {
      if (change.case === undefined) {
        continue; // of a newer contract
      }
      if (change.case === "checkpoint") {
        ({ complete } = change.value);
      }
      yield change;
    }
    if (!complete) {
      throw new IncompleteStreamError("the sync ended without its final checkpoint");
    }
  }
}
