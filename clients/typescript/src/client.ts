/** The client: one connection to a server, and one controller per noun. */

import { Audio } from "./audio.js";
import { Auth } from "./auth.js";
import { Calls, type RawClients } from "./calls.js";
import { Catalog } from "./catalog.js";
import type { ClientOptions } from "./config.js";
import { Connection } from "./connection.js";
import { ConnectionError, isUnavailable } from "./errors.js";
import { Favorites } from "./favorites.js";
import { unreachable } from "./from-rpc.js";
import { ServerState, type GetServerInfoResponse } from "./gen/v1.js";
import { Library } from "./library.js";
import { Radio } from "./radio.js";
import { Recommendations } from "./recommendations.js";
import { Attempts } from "./reconnect.js";
import { Server } from "./server.js";
import { linked } from "./waiting.js";

/** Where `applemusic-server` listens unless it is told otherwise. */
export const DEFAULT_TARGET = "127.0.0.1:50051";

/**
 * A client of one server.
 *
 *     const music = new Client("127.0.0.1:50051");
 *     const song = await music.catalog.getSong("1440857781");
 *     music.close();
 *
 * Connects with the first call, and again when the connection broke. An idle connection keeps no
 * program alive.
 */
export class Client implements AsyncDisposable {
  /** Streams of audio. */
  readonly audio: Audio;
  /** Accounts: signing in and out, and how tokens are doing. */
  readonly auth: Auth;
  /** Apple's catalog. */
  readonly catalog: Catalog;
  /** What a listener thinks of items. */
  readonly favorites: Favorites;
  /** A listener's library. */
  readonly library: Library;
  /** Radio stations. */
  readonly radio: Radio;
  /** Recommendations and history. */
  readonly recommendations: Recommendations;
  /** The server itself. */
  readonly server: Server;
  /** The generated clients, for what the controllers do not offer; same deadlines, retries, errors. */
  readonly raw: RawClients;
  /** Where the client connects to. */
  readonly target: string;
  readonly #calls: Calls;
  readonly #connection: Connection;

  /**
   * Notes where to connect to; nothing is sent yet.
   *
   * @param target `host:port`, or `unix:///path` of a socket.
   * @throws TypeError The target is none, or the access token would travel to another machine in plain
   *   text.
   */
  constructor(target: string = DEFAULT_TARGET, options: ClientOptions = {}) {
    this.target = target;
    this.#connection = new Connection(target, options);
    this.#calls = new Calls(this.#connection, options);
    this.raw = this.#calls.raw;
    this.audio = new Audio(this.#calls);
    this.auth = new Auth(this.#calls);
    this.catalog = new Catalog(this.#calls);
    this.favorites = new Favorites(this.#calls);
    this.library = new Library(this.#calls);
    this.radio = new Radio(this.#calls);
    this.recommendations = new Recommendations(this.#calls);
    this.server = new Server(this.#calls);
  }

  /**
   * Waits until the server is up, and returns what it is.
   *
   * Up means that it answers and is not starting any more; whether a person has to act is `state`.
   *
   * @param timeoutMs Milliseconds to wait at most.
   * @throws ConnectionError It was not up by then; the message says what to look at.
   */
  async waitReady(
    timeoutMs = 30_000,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<GetServerInfoResponse> {
    const ends = linked(options.signal);
    const { signal } = ends.controller;
    const late = new ConnectionError("");
    const timer = setTimeout(() => ends.controller.abort(late), timeoutMs);
    const attempts = new Attempts(this.#calls);
    let why: unknown = "nothing answers";
    try {
      for (;;) {
        try {
          const info = await this.server.info({ signal });
          if (info.state !== ServerState.STARTING) {
            return info;
          }
          throw new ConnectionError("it is still starting");
        } catch (error) {
          if (isUnavailable(error) && error !== late) {
            why = error.cause instanceof Error ? error.cause.message : error.message;
          }
          await attempts.wait(error, signal, Number.POSITIVE_INFINITY);
        }
      }
    } catch (error) {
      if (error === late) {
        const waited = `${String(why)} (waited ${timeoutMs} ms)`;
        throw new ConnectionError(unreachable(this.target, waited));
      }
      throw error;
    } finally {
      clearTimeout(timer);
      ends.unlink();
    }
  }

  /** Closes the connection; calls that still run fail with `ClientClosedError`. */
  close(): void {
    this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}
