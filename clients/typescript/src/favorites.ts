/** What a listener thinks of items. */

import type { AccountOptions, Calls } from "./calls.js";
import { FavoriteState, type Favorite } from "./gen/v1.js";
import { references, type Referable } from "./references.js";

const MAX_WRITES = 500;
const MAX_READS = 1000;

/** Favorites and dislikes. Items are resources or references to them; any number at once. */
export class Favorites {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /**
   * Makes items favorites, or disliked. Idempotent.
   *
   * @param items Songs, albums, artists, playlists, stations, music videos.
   * @param options `state` is FAVORITE, unless it says DISLIKED; artists cannot be disliked.
   * @returns Ids that Apple could not set.
   */
  async set(
    items: Iterable<Referable>,
    options: AccountOptions & { readonly state?: FavoriteState | undefined } = {},
  ): Promise<string[]> {
    const account = this.#calls.account(options);
    const state = options.state ?? FavoriteState.FAVORITE;
    const ask = async (part: ReturnType<typeof references>, rpc: object): Promise<string[]> => {
      const request = { account, items: part, state };
      return (await this.#calls.raw.favorites.setFavorites(request, rpc)).refusedIds;
    };
    return (await this.#calls.parts(references(items), MAX_WRITES, options, ask, 1)).flat();
  }

  /** Makes items neither favorites nor disliked. Idempotent. */
  async clear(items: Iterable<Referable>, options: AccountOptions = {}): Promise<void> {
    const account = this.#calls.account(options);
    await this.#calls.parts(
      references(items),
      MAX_WRITES,
      options,
      (part, rpc) => this.#calls.raw.favorites.clearFavorites({ account, items: part }, rpc),
      1,
    );
  }

  /** Returns what the listener thinks of items, in the order asked for. */
  async batchGet(items: Iterable<Referable>, options: AccountOptions = {}): Promise<Favorite[]> {
    const account = this.#calls.account(options);
    const answers = await this.#calls.parts(references(items), MAX_READS, options, (part, rpc) =>
      this.#calls.raw.favorites.batchGetFavorites({ account, items: part }, rpc),
    );
    return answers.flatMap(({ favorites }) => favorites);
  }
}
