/** What the controllers share: the generated clients, the defaults, and how lists are made of calls. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client as RpcClient } from "@connectrpc/connect";
import { DEFAULT_BACKOFF, type Backoff, type ClientOptions, type ReadDefaults } from "./config.js";
import type { Connection } from "./connection.js";
import {
  AudioService,
  AuthService,
  CatalogService,
  FavoritesService,
  LibraryService,
  RadioService,
  RecommendationService,
  ServerService,
  View,
  type ReadOptionsSchema,
} from "./gen/v1.js";
import { ProtocolError } from "./errors.js";
import { inParts, Pager, type Batch } from "./paging.js";
import { rawClient } from "./raw-client.js";
import { REAL, type Surroundings } from "./waiting.js";

/** What every method takes besides its own arguments. */
export interface CallOptions {
  /** Ends the call; it then fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that each call may take; left out, the client's `timeoutMs`; 0 for no limit. */
  readonly timeoutMs?: number | undefined;
}

/** What methods take that act for an account. */
export interface AccountOptions extends CallOptions {
  /** Account to act for; left out, the client's `account`. */
  readonly account?: string | undefined;
}

/** What methods take that read resources. */
export interface ReadOptions extends AccountOptions, ReadDefaults {}

/** What methods take that list resources. */
export interface ListOptions extends ReadOptions {
  /** Most items per page; left out, the default that the contract names for the list. */
  readonly pageSize?: number | undefined;
  /** Page to begin with, from `Page.nextPageToken`; left out, the first. */
  readonly pageToken?: string | undefined;
}

/** The generated clients of the contract, over the same connection and under the same rules. */
export interface RawClients {
  readonly audio: RpcClient<typeof AudioService>;
  readonly auth: RpcClient<typeof AuthService>;
  readonly catalog: RpcClient<typeof CatalogService>;
  readonly favorites: RpcClient<typeof FavoritesService>;
  readonly library: RpcClient<typeof LibraryService>;
  readonly radio: RpcClient<typeof RadioService>;
  readonly recommendations: RpcClient<typeof RecommendationService>;
  readonly server: RpcClient<typeof ServerService>;
}

/** Options of a call as Connect takes them. */
interface RpcOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** Fields of a request that come from a method's options. */
interface ReadFields {
  readonly account: string;
  readonly options: MessageInitShape<typeof ReadOptionsSchema>;
}

interface ListFields extends ReadFields {
  readonly pageSize: number;
  readonly pageToken: string;
}

interface ListResponse {
  readonly nextPageToken: string;
  readonly totalCount?: number;
}

/** Makes calls for the controllers. */
export class Calls {
  readonly raw: RawClients;
  readonly backoff: Backoff;
  readonly connection: Connection;
  readonly surroundings: Surroundings;
  readonly #account: string;
  readonly #concurrency: number;
  readonly #read: ReadDefaults;

  constructor(connection: Connection, options: ClientOptions, surroundings: Surroundings = REAL) {
    this.connection = connection;
    this.backoff = { ...DEFAULT_BACKOFF, ...options.backoff };
    this.surroundings = surroundings;
    this.#account = options.account ?? "";
    this.#concurrency = options.concurrency ?? 4;
    this.#read = options.read ?? {};
    this.raw = {
      audio: rawClient(AudioService, connection),
      auth: rawClient(AuthService, connection),
      catalog: rawClient(CatalogService, connection),
      favorites: rawClient(FavoritesService, connection),
      library: rawClient(LibraryService, connection),
      radio: rawClient(RadioService, connection),
      recommendations: rawClient(RecommendationService, connection),
      server: rawClient(ServerService, connection),
    };
  }

  /** Returns the account to act for. */
  account(options: AccountOptions): string {
    return options.account ?? this.#account;
  }

  /** Returns the request fields of a read. */
  read(options: ReadOptions): ReadFields {
    return {
      account: this.account(options),
      options: {
        language: options.language ?? this.#read.language ?? "",
        storefront: options.storefront ?? this.#read.storefront ?? "",
        artworkSize: options.artworkSize ?? this.#read.artworkSize ?? 0,
        view: options.view ?? this.#read.view ?? View.UNSPECIFIED,
      },
    };
  }

  /** Returns Connect's options for a method's. */
  rpc({ signal, timeoutMs }: CallOptions): RpcOptions {
    return {
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
  }

  /**
   * Returns a list that makes a call per page.
   *
   * @param ask Makes the call with the fields that every list has.
   * @param items Takes the items out of a response.
   */
  pager<R extends ListResponse, T>(
    options: ListOptions,
    ask: (fields: ListFields, rpc: RpcOptions) => Promise<R>,
    items: (response: R) => readonly T[],
  ): Pager<T> {
    const fields = { ...this.read(options), pageSize: options.pageSize ?? 0 };
    const rpc = this.rpc(options);
    return new Pager(async (pageToken) => {
      const response = await ask({ ...fields, pageToken }, rpc);
      const { nextPageToken, totalCount } = response;
      return { items: items(response), nextPageToken, totalCount };
    }, options.pageToken);
  }

  /**
   * Asks about any number of items in parts, in their order.
   *
   * @param size The contract's maximum.
   * @param ask Asks about one part.
   * @param concurrency Parts at a time; left out, the client's.
   */
  async parts<T, R>(
    items: readonly T[],
    size: number,
    options: CallOptions,
    ask: (part: T[], rpc: RpcOptions) => Promise<R>,
    concurrency = this.#concurrency,
  ): Promise<R[]> {
    const rpc = this.rpc(options);
    return inParts(items, size, concurrency, options.signal, (part, signal) =>
      ask(part, { ...rpc, signal }),
    );
  }

  /** Asks about any number of ids in parts; repeats are asked once. */
  async batch<T>(
    ids: Iterable<string>,
    size: number,
    options: CallOptions,
    ask: (part: string[], rpc: RpcOptions) => Promise<readonly [readonly T[], readonly string[]]>,
  ): Promise<Batch<T>> {
    const answers = await this.parts([...new Set(ids)], size, options, ask);
    return {
      items: answers.flatMap(([found]) => found),
      missing: answers.flatMap(([, missing]) => missing),
    };
  }
}

/** Returns a message that a response has to carry. */
export function present<T>(message: T | undefined, what: string): T {
  if (message === undefined) {
    throw new ProtocolError(`the server's response carries no ${what}`);
  }
  return message;
}
