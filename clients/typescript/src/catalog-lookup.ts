/** The parts of the catalog that are asked for as a whole: charts, genres, codes, addresses, lyrics. */

import {
  present,
  type AccountOptions,
  type CallOptions,
  type Calls,
  type ListOptions,
  type ReadOptions,
} from "./calls.js";
import {
  LyricsTiming,
  type Chart,
  type EquivalentMatch,
  type Genre,
  type IsrcMatch,
  type Lyrics,
  type Resource,
  type ResourceType,
  type Storefront,
  type UpcMatch,
} from "./gen/v1.js";
import type { Batch, Pager } from "./paging.js";

/** What a list of charts takes. */
export interface ChartOptions extends ListOptions {
  /** Of songs, albums, playlists and music videos those to chart; left out, all four. */
  readonly types?: readonly ResourceType[] | undefined;
  /** Genre to chart; left out, all. */
  readonly genreId?: string | undefined;
  /** Also city charts and the daily global top 100 playlists. */
  readonly includeCityAndGlobal?: boolean | undefined;
}

/** Charts, genres, storefronts, look-ups and lyrics of the catalog. */
export class CatalogLookup {
  /** For the methods of this class and of `Catalog`. */
  protected readonly calls: Calls;

  constructor(calls: Calls) {
    this.calls = calls;
  }

  /** Lists charts; each page of the list carries every chart with its part of the page. */
  charts(options: ChartOptions = {}): Pager<Chart> {
    const { catalog } = this.calls.raw;
    const own = {
      types: [...(options.types ?? [])],
      genreId: options.genreId ?? "",
      includeCityAndGlobal: options.includeCityAndGlobal ?? false,
    };
    return this.calls.pager(
      options,
      (page, rpc) => catalog.listCharts({ ...page, ...own }, rpc),
      ({ charts }) => charts,
    );
  }

  /** Lists the genres of a storefront, the root first. */
  genres(options: ListOptions = {}): Pager<Genre> {
    const { catalog } = this.calls.raw;
    return this.calls.pager(
      options,
      (page, rpc) => catalog.listGenres(page, rpc),
      ({ genres }) => genres,
    );
  }

  /** Lists Apple's storefronts by id, with names in the given language. */
  storefronts(
    options: CallOptions & {
      readonly language?: string | undefined;
      readonly pageSize?: number | undefined;
      readonly pageToken?: string | undefined;
    } = {},
  ): Pager<Storefront> {
    const { catalog } = this.calls.raw;
    const language = options.language ?? "";
    return this.calls.pager(
      options,
      ({ pageSize, pageToken }, rpc) =>
        catalog.listStorefronts({ pageSize, pageToken, language }, rpc),
      ({ storefronts }) => storefronts,
    );
  }

  /** Finds songs and music videos by International Standard Recording Code. */
  async lookupIsrc(isrcs: Iterable<string>, options: ReadOptions = {}): Promise<Batch<IsrcMatch>> {
    const fields = this.calls.read(options);
    return this.calls.batch(isrcs, 250, options, async (part, rpc) => {
      const found = await this.calls.raw.catalog.lookupIsrc({ ...fields, isrcs: part }, rpc);
      return [found.matches, found.missingIsrcs];
    });
  }

  /** Finds albums by Universal Product Code; leading zeros do not matter. */
  async lookupUpc(upcs: Iterable<string>, options: ReadOptions = {}): Promise<Batch<UpcMatch>> {
    const fields = this.calls.read(options);
    return this.calls.batch(upcs, 250, options, async (part, rpc) => {
      const found = await this.calls.raw.catalog.lookupUpc({ ...fields, upcs: part }, rpc);
      return [found.matches, found.missingUpcs];
    });
  }

  /**
   * Finds the counterparts of catalog resources in the storefront of the options.
   *
   * @param type SONG, ALBUM or MUSIC_VIDEO.
   * @param ids Catalog ids of any storefront.
   */
  async lookupEquivalents(
    type: ResourceType,
    ids: Iterable<string>,
    options: ReadOptions = {},
  ): Promise<Batch<EquivalentMatch>> {
    const fields = { ...this.calls.read(options), type };
    return this.calls.batch(ids, 300, options, async (part, rpc) => {
      const found = await this.calls.raw.catalog.lookupEquivalents({ ...fields, ids: part }, rpc);
      return [found.matches, found.missingIds];
    });
  }

  /**
   * Returns what a music.apple.com address shows. Fails with `UNSUPPORTED_URL` or `RESOURCE_NOT_FOUND`.
   */
  async resolveUrl(url: string, options: ReadOptions = {}): Promise<Resource> {
    const request = { ...this.calls.read(options), url };
    const response = await this.calls.raw.catalog.resolveUrl(request, this.calls.rpc(options));
    return present(response.resource, "resource");
  }

  /**
   * Returns the lyrics of a song. Fails with `LYRICS_NOT_FOUND`, or with `CAPABILITY_REFUSED` when Apple
   * gives this developer token none.
   *
   * @param options `timing` is the finest timing wanted, the finest there is when left out;
   *   `translationLanguage` is the BCP-47 tag of a translation to include.
   */
  async lyrics(
    songId: string,
    options: AccountOptions & {
      readonly timing?: LyricsTiming | undefined;
      readonly translationLanguage?: string | undefined;
    } = {},
  ): Promise<Lyrics> {
    const response = await this.calls.raw.catalog.getLyrics(
      {
        account: this.calls.account(options),
        songId,
        timing: options.timing ?? LyricsTiming.UNSPECIFIED,
        translationLanguage: options.translationLanguage ?? "",
      },
      this.calls.rpc(options),
    );
    return present(response.lyrics, "lyrics");
  }
}
