/** What the server is, what it can do, and what is wrong with it. */

import type { AccountOptions, Calls } from "./calls.js";
import type { GetDiagnosticsResponse, GetServerInfoResponse } from "./gen/v1.js";

/** The server itself. */
export class Server {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** Returns versions, state and capabilities. Cheap. */
  async info(options: AccountOptions = {}): Promise<GetServerInfoResponse> {
    const request = { account: this.#calls.account(options) };
    return this.#calls.raw.server.getServerInfo(request, this.#calls.rpc(options));
  }

  /**
   * Looks into everything that has to work for music to play. Takes up to 30 s.
   *
   * @param options `offline` leaves out everything that asks Apple.
   */
  async diagnostics(
    options: AccountOptions & { readonly offline?: boolean | undefined } = {},
  ): Promise<GetDiagnosticsResponse> {
    const request = { account: this.#calls.account(options), offline: options.offline ?? false };
    return this.#calls.raw.server.getDiagnostics(request, this.#calls.rpc(options));
  }
}
