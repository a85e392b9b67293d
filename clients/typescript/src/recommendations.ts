/** What Apple recommends, and what was played. */

import type { Calls, ListOptions, ReadOptions } from "./calls.js";
import type { GetReplayResponse, Recommendation, Resource, Track } from "./gen/v1.js";
import type { Pager } from "./paging.js";

/** Recommendations and history. Every method needs an account. */
export class Recommendations {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** Lists the groups of recommendations, each with its first items. */
  groups(options: ListOptions = {}): Pager<Recommendation> {
    const { raw } = this.#calls;
    return this.#calls.pager(
      options,
      (page, rpc) => raw.recommendations.listRecommendations(page, rpc),
      ({ recommendations }) => recommendations,
    );
  }

  /** Lists the items of one group; `Recommendation.nextPageToken` goes on after its own. */
  items(recommendationId: string, options: ListOptions = {}): Pager<Resource> {
    const { raw } = this.#calls;
    return this.#calls.pager(
      options,
      (page, rpc) =>
        raw.recommendations.listRecommendationItems({ ...page, recommendationId }, rpc),
      ({ resources }) => resources,
    );
  }

  /** Lists albums, playlists and stations that were played last, newest first. */
  recentlyPlayed(options: ListOptions = {}): Pager<Resource> {
    const { raw } = this.#calls;
    return this.#calls.pager(
      options,
      (page, rpc) => raw.recommendations.listRecentlyPlayed(page, rpc),
      ({ resources }) => resources,
    );
  }

  /** Lists songs and music videos that were played last, newest first. */
  recentlyPlayedTracks(options: ListOptions = {}): Pager<Track> {
    const { raw } = this.#calls;
    return this.#calls.pager(
      options,
      (page, rpc) => raw.recommendations.listRecentlyPlayedTracks(page, rpc),
      ({ tracks }) => tracks,
    );
  }

  /** Lists what was played most in the last weeks. */
  heavyRotation(options: ListOptions = {}): Pager<Resource> {
    const { raw } = this.#calls;
    return this.#calls.pager(
      options,
      (page, rpc) => raw.recommendations.listHeavyRotation(page, rpc),
      ({ resources }) => resources,
    );
  }

  /**
   * Returns what was played most in a year or month. Fails with `RESOURCE_NOT_FOUND` when Apple has no
   * summary of that time.
   *
   * @param options `year` left out is the latest that Apple has; `month`, 1 to 12, left out is the
   *   whole year.
   */
  async replay(
    options: ReadOptions & {
      readonly year?: number | undefined;
      readonly month?: number | undefined;
    } = {},
  ): Promise<GetReplayResponse> {
    const request = {
      ...this.#calls.read(options),
      year: options.year ?? 0,
      month: options.month ?? 0,
    };
    return this.#calls.raw.recommendations.getReplay(request, this.#calls.rpc(options));
  }
}
