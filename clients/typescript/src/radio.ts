/** Radio stations and what they play next. */

import { present, type Calls, type ListOptions, type ReadOptions } from "./calls.js";
import type { Genre, NextTracksResponse, Station, StationList } from "./gen/v1.js";
import type { Pager } from "./paging.js";
import { reference, type Referable } from "./references.js";

/** Stations. Every method needs an account. */
export class Radio {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /**
   * Lists stations of one kind.
   *
   * @param options `genreId` is a station genre, for `StationList.GENRE` alone.
   */
  stations(
    list: StationList,
    options: ListOptions & { readonly genreId?: string | undefined } = {},
  ): Pager<Station> {
    const { raw } = this.#calls;
    const own = { list, genreId: options.genreId ?? "" };
    return this.#calls.pager(
      options,
      (page, rpc) => raw.radio.listStations({ ...page, ...own }, rpc),
      ({ stations }) => stations,
    );
  }

  /** Lists the genres under which Apple groups stations. */
  genres(options: ListOptions = {}): Pager<Genre> {
    const { raw } = this.#calls;
    return this.#calls.pager(
      options,
      (page, rpc) => raw.radio.listStationGenres(page, rpc),
      ({ genres }) => genres,
    );
  }

  /**
   * Returns the station that Apple makes from a song, artist, album or playlist. Fails with
   * `STATION_WITHOUT_TRACKS` when it has none.
   */
  async seededStation(seed: Referable, options: ReadOptions = {}): Promise<Station> {
    const request = { ...this.#calls.read(options), seed: reference(seed) };
    const response = await this.#calls.raw.radio.getSeededStation(
      request,
      this.#calls.rpc(options),
    );
    return present(response.station, "station");
  }

  /**
   * Returns the songs that a station plays next. Fails with `STATION_WITHOUT_TRACKS` when it is live.
   *
   * @param options `sessionToken` is that of the answer before, and begins anew when left out; `limit`
   *   is the most songs to return, 10 when left out, which is the most.
   */
  async nextTracks(
    stationId: string,
    options: ReadOptions & {
      readonly sessionToken?: string | undefined;
      readonly limit?: number | undefined;
    } = {},
  ): Promise<NextTracksResponse> {
    const request = {
      ...this.#calls.read(options),
      stationId,
      sessionToken: options.sessionToken ?? "",
      limit: options.limit ?? 0,
    };
    return this.#calls.raw.radio.nextTracks(request, this.#calls.rpc(options));
  }
}
