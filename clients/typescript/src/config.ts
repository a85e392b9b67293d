/** How a client connects and behaves. */

import { isIP } from "node:net";
import type { Interceptor } from "@connectrpc/connect";
import type { View } from "./gen/v1.js";

/** How resources are read; what is left out is the server's choice. */
export interface ReadDefaults {
  /** BCP-47 tag for names and notes, such as `de-DE`. */
  readonly language?: string | undefined;
  /** Storefront to read the catalog of, such as `us`; left out, the account's. */
  readonly storefront?: string | undefined;
  /** Longest side in pixels of ready-made artwork addresses; left out, 600. */
  readonly artworkSize?: number | undefined;
  /** How much to send; `View.FULL` adds notes, favorites and more. */
  readonly view?: View | undefined;
}

/** TLS; everything is PEM. */
export interface TlsOptions {
  /** Certificates to trust; left out, those that Node trusts. */
  readonly ca?: string | Uint8Array | undefined;
  /** The client's certificate, where the server asks for one (mTLS). Needs `key`. */
  readonly cert?: string | Uint8Array | undefined;
  /** The key of `cert`. */
  readonly key?: string | Uint8Array | undefined;
  /** Name to expect in the server's certificate, when it is not the host of the target. */
  readonly serverName?: string | undefined;
}

/** How broken streams are taken up again: waits grow from `initialMs` by `multiplier` to `maximumMs`. */
export interface Backoff {
  /** How many times to try again in a row without getting any further; 0 never tries again. */
  readonly attempts: number;
  readonly initialMs: number;
  readonly maximumMs: number;
  readonly multiplier: number;
}

/** Everything that can be set about a client. The defaults suit most. */
export interface ClientOptions {
  /** Account of calls that name none; left out, the server's only one. */
  readonly account?: string | undefined;
  /** How to read in calls that do not say. */
  readonly read?: ReadDefaults | undefined;
  /**
   * Token for this server (not one of Apple's), sent as `authorization: Bearer`. A function is asked
   * before every call: for tokens that are replaced while the program runs.
   */
  readonly accessToken?: string | (() => string | Promise<string>) | undefined;
  /** Talks TLS; `true` with Node's own trust. Left out: plain text, for loopback and Unix sockets. */
  readonly tls?: boolean | TlsOptions | undefined;
  /** Sends the access token in plain text to another machine, too: only for a closed network. */
  readonly allowPlaintextToken?: boolean | undefined;
  /**
   * Milliseconds that a unary call may take, retries included; 0 for no limit. Left out: what the
   * service config says, 60 s. Streams have no limit.
   */
  readonly timeoutMs?: number | undefined;
  /** Most calls at the same time for one batch; left out, 4. */
  readonly concurrency?: number | undefined;
  /** How broken streams are taken up again, and how readiness is waited for. */
  readonly backoff?: Partial<Backoff> | undefined;
  /** Connect's hooks around every attempt of a call, for traces, metrics and logs. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Largest message to accept; left out, 16 MiB. */
  readonly maxReceiveBytes?: number | undefined;
  /** Largest message to send; left out, 1 MiB. */
  readonly maxSendBytes?: number | undefined;
  /**
   * How long a connection with calls may be silent before it is checked; left out, 45 s. Servers refuse
   * to be asked more often than every 30 s.
   */
  readonly keepaliveMs?: number | undefined;
  /** How long the answer to the check may take; left out, 15 s. */
  readonly keepaliveTimeoutMs?: number | undefined;
}

/**
 * Outlasts a restart of the server, some 10 s on a small machine, and is back soon after it serves
 * again: a song goes on before what was sent ahead of it has been played.
 */
export const DEFAULT_BACKOFF: Backoff = {
  attempts: 12,
  initialMs: 250,
  maximumMs: 1500,
  multiplier: 2,
};

/** Where a server listens. */
export type Target =
  | { readonly kind: "tcp"; readonly host: string; readonly authority: string }
  | { readonly kind: "unix"; readonly path: string };

/**
 * Reads a target.
 *
 * @param target `host:port`, `[::1]:port`, or `unix:///path` of a socket.
 * @throws TypeError It is none of these.
 */
export function parseTarget(target: string): Target {
  const path = /^unix:(?:\/\/)?(?<path>\/(?!\/).*)$/.exec(target)?.groups?.["path"];
  if (path !== undefined) {
    return { kind: "unix", path };
  }
  const parts = /^(?:\[(?<v6>[^\]]+)\]|(?<name>[^:/[\]]+)):(?<port>\d{1,5})$/.exec(target)?.groups;
  const host = parts?.["v6"] ?? parts?.["name"];
  if (host === undefined) {
    throw new TypeError(`the target is host:port or unix:///path, not ${JSON.stringify(target)}`);
  }
  return { kind: "tcp", host, authority: target };
}

/** Says whether a target is a Unix socket or a loopback address. */
export function isLocal(target: Target): boolean {
  if (target.kind === "unix" || target.host === "localhost" || target.host === "::1") {
    return true;
  }
  return isIP(target.host) === 4 && target.host.startsWith("127.");
}

/**
 * Refuses a token that no header can carry. Node's own error would quote it.
 *
 * @throws TypeError There is something in it that is no printable ASCII, such as the end of a line.
 */
export function checkToken(token: string): void {
  if (!/^[!-~]*$/.test(token)) {
    throw new TypeError(
      "the access token holds a blank, the end of a line or a letter beyond ASCII: trim what was read of a file",
    );
  }
}

/**
 * Refuses what would give the access token away, or cannot be meant.
 *
 * @throws TypeError The token would go to another machine in plain text or cannot be one, a limit is
 *   negative, or half of mTLS is missing.
 */
export function checkOptions(target: Target, options: ClientOptions): void {
  if (options.accessToken && !options.tls && !options.allowPlaintextToken && !isLocal(target)) {
    const where = target.kind === "tcp" ? target.authority : target.path;
    throw new TypeError(
      `the access token would travel to ${where} in plain text: use tls, or allowPlaintextToken on ` +
        "a closed network",
    );
  }
  if (typeof options.accessToken === "string") {
    checkToken(options.accessToken);
  }
  if (options.timeoutMs !== undefined && !(options.timeoutMs >= 0)) {
    throw new TypeError(
      `timeoutMs is a number of milliseconds, or 0 for no limit: not ${options.timeoutMs}`,
    );
  }
  const tls = typeof options.tls === "object" ? options.tls : {};
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new TypeError("tls.cert and tls.key go together: give both or neither");
  }
}
