/** Changing an account's library. */

import { randomUUID } from "node:crypto";
import { present, type AccountOptions, type Calls } from "./calls.js";
import type { Playlist, PlaylistFolder } from "./gen/v1.js";
import { reference, references, type Referable } from "./references.js";

const MAX_ITEMS = 500;
const MAX_TRACKS = 1000;

/**
 * Additions, removals, playlists and folders.
 *
 * Writes that Apple does not document can be refused: `CAPABILITY_REFUSED`. Creating and appending name
 * their request, so that a retry never does it twice.
 */
export class LibraryEdit {
  /** For the methods of this class and of `Library`. */
  protected readonly calls: Calls;

  constructor(calls: Calls) {
    this.calls = calls;
  }

  /**
   * Adds catalog songs, albums, playlists and music videos, any number. Idempotent.
   *
   * @returns Ids that Apple could not add.
   */
  async add(resources: Iterable<Referable>, options: AccountOptions = {}): Promise<string[]> {
    const account = this.calls.account(options);
    const answers = await this.calls.parts(
      references(resources),
      MAX_ITEMS,
      options,
      (part, rpc) => this.calls.raw.library.addToLibrary({ account, resources: part }, rpc),
      1,
    );
    return answers.flatMap(({ refusedIds }) => refusedIds);
  }

  /**
   * Removes songs, albums, playlists and music videos, any number. Idempotent.
   *
   * @returns Ids that were not in the library.
   */
  async remove(resources: Iterable<Referable>, options: AccountOptions = {}): Promise<string[]> {
    const account = this.calls.account(options);
    const answers = await this.calls.parts(
      references(resources),
      MAX_ITEMS,
      options,
      (part, rpc) => this.calls.raw.library.removeFromLibrary({ account, resources: part }, rpc),
      1,
    );
    return answers.flatMap(({ absentIds }) => absentIds);
  }

  /**
   * Creates a playlist with at most 1000 first tracks, inside a folder if wanted.
   *
   * Tracks that Apple does not have are left out: compare what it holds.
   */
  async createPlaylist(
    name: string,
    options: AccountOptions & {
      readonly description?: string | undefined;
      readonly tracks?: Iterable<Referable> | undefined;
      readonly parentFolderId?: string | undefined;
    } = {},
  ): Promise<Playlist> {
    const response = await this.calls.raw.library.createPlaylist(
      {
        account: this.calls.account(options),
        name,
        description: options.description ?? "",
        tracks: references(options.tracks ?? []),
        parentFolderId: options.parentFolderId ?? "",
        requestId: randomUUID(),
      },
      this.calls.rpc(options),
    );
    return present(response.playlist, "playlist");
  }

  /** Changes a playlist's name, description or visibility; what is left out stays as it is. */
  async updatePlaylist(
    playlistId: string,
    changes: {
      readonly name?: string | undefined;
      readonly description?: string | undefined;
      readonly public?: boolean | undefined;
    },
    options: AccountOptions = {},
  ): Promise<Playlist> {
    const { name, description, public: visible } = changes;
    const response = await this.calls.raw.library.updatePlaylist(
      {
        account: this.calls.account(options),
        playlistId,
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        ...(visible === undefined ? {} : { public: visible }),
      },
      this.calls.rpc(options),
    );
    return present(response.playlist, "playlist");
  }

  /** Deletes a playlist. Idempotent. */
  async deletePlaylist(playlistId: string, options: AccountOptions = {}): Promise<void> {
    const request = { account: this.calls.account(options), playlistId };
    await this.calls.raw.library.deletePlaylist(request, this.calls.rpc(options));
  }

  /**
   * Appends any number of tracks to a playlist, in order. Fails with `PLAYLIST_NOT_EDITABLE` when Apple
   * lets nobody but the owner's own apps edit it.
   *
   * @param options `skipDuplicates` leaves out tracks that the playlist holds already.
   * @returns Ids that Apple could not add.
   */
  async addPlaylistTracks(
    playlistId: string,
    tracks: Iterable<Referable>,
    options: AccountOptions & { readonly skipDuplicates?: boolean | undefined } = {},
  ): Promise<string[]> {
    const account = this.calls.account(options);
    const skipDuplicates = options.skipDuplicates ?? false;
    const answers = await this.calls.parts(
      references(tracks),
      MAX_TRACKS,
      options,
      (part, rpc) => {
        const own = { playlistId, tracks: part, skipDuplicates, requestId: randomUUID() };
        return this.calls.raw.library.addPlaylistTracks({ account, ...own }, rpc);
      },
      1, // one part after the other: their order is that of the playlist
    );
    return answers.flatMap(({ refusedIds }) => refusedIds);
  }

  /**
   * Removes tracks by id (every copy goes) or by position.
   *
   * @returns How many went.
   */
  async removePlaylistTracks(
    playlistId: string,
    which: { readonly trackIds: readonly string[] } | { readonly positions: readonly number[] },
    options: AccountOptions = {},
  ): Promise<number> {
    const request = {
      account: this.calls.account(options),
      playlistId,
      trackIds: "trackIds" in which ? [...which.trackIds] : [],
      positions: "positions" in which ? [...which.positions] : [],
    };
    const response = await this.calls.raw.library.removePlaylistTracks(
      request,
      this.calls.rpc(options),
    );
    return response.removedCount;
  }

  /** Moves a run of tracks so that the first has position `targetIndex` afterwards. */
  async movePlaylistTracks(
    playlistId: string,
    move: {
      readonly startIndex: number;
      readonly targetIndex: number;
      readonly count?: number | undefined;
    },
    options: AccountOptions = {},
  ): Promise<void> {
    await this.calls.raw.library.movePlaylistTracks(
      {
        account: this.calls.account(options),
        playlistId,
        startIndex: move.startIndex,
        targetIndex: move.targetIndex,
        count: move.count ?? 1,
      },
      this.calls.rpc(options),
    );
  }

  /**
   * Makes a playlist hold exactly these tracks.
   *
   * @returns Ids that Apple could not put in.
   */
  async replacePlaylistTracks(
    playlistId: string,
    tracks: Iterable<Referable>,
    options: AccountOptions = {},
  ): Promise<string[]> {
    const response = await this.calls.raw.library.replacePlaylistTracks(
      { account: this.calls.account(options), playlistId, tracks: references(tracks) },
      this.calls.rpc(options),
    );
    return response.refusedIds;
  }

  /** Creates a folder, inside another if wanted. */
  async createPlaylistFolder(
    name: string,
    options: AccountOptions & { readonly parentFolderId?: string | undefined } = {},
  ): Promise<PlaylistFolder> {
    const response = await this.calls.raw.library.createPlaylistFolder(
      {
        account: this.calls.account(options),
        name,
        parentFolderId: options.parentFolderId ?? "",
        requestId: randomUUID(),
      },
      this.calls.rpc(options),
    );
    return present(response.folder, "folder");
  }

  /** Renames a folder. */
  async renamePlaylistFolder(
    folderId: string,
    name: string,
    options: AccountOptions = {},
  ): Promise<PlaylistFolder> {
    const response = await this.calls.raw.library.updatePlaylistFolder(
      { account: this.calls.account(options), folderId, name },
      this.calls.rpc(options),
    );
    return present(response.folder, "folder");
  }

  /** Deletes a folder; what it holds moves to the folder above it. Idempotent. */
  async deletePlaylistFolder(folderId: string, options: AccountOptions = {}): Promise<void> {
    const request = { account: this.calls.account(options), folderId };
    await this.calls.raw.library.deletePlaylistFolder(request, this.calls.rpc(options));
  }

  /** Moves a playlist or folder into a folder; `""` for the root. Idempotent. */
  async moveToPlaylistFolder(
    resource: Referable,
    folderId = "",
    options: AccountOptions = {},
  ): Promise<void> {
    const request = {
      account: this.calls.account(options),
      resource: reference(resource),
      folderId,
    };
    await this.calls.raw.library.moveToPlaylistFolder(request, this.calls.rpc(options));
  }
}
