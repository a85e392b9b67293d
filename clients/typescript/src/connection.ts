/** The connection to one server, and the rules that every call over it keeps. */

import { connect } from "node:net";
import type {
  DescMessage,
  DescMethodStreaming,
  DescMethodUnary,
  MessageInitShape,
} from "@bufbuild/protobuf";
import {
  ConnectError,
  type ContextValues,
  type StreamResponse,
  type Transport,
  type UnaryResponse,
} from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import {
  checkOptions,
  checkToken,
  parseTarget,
  type ClientOptions,
  type Target,
} from "./config.js";
import { AppleMusicError, ClientClosedError, isUnavailable } from "./errors.js";
import { errorFromRpc } from "./from-rpc.js";
import { Policies, retryDelayMs } from "./policy.js";
import { linked, REAL, type Surroundings } from "./waiting.js";

const WINDOW_BYTES = 256 * 1024; // 8 s of audio
const MIB = 1024 * 1024;
const USER_AGENT = "applemusic-typescript";

type HeadersGiven = ConstructorParameters<typeof Headers>[0];

/**
 * A transport of Connect that gives calls their deadlines and the access token, tries again what the
 * service config says is safe, and translates errors.
 */
export class Connection implements Transport {
  readonly target: string;
  readonly #accessToken: () => string | Promise<string>;
  readonly #closed = new AbortController();
  readonly #policies = new Policies();
  readonly #sessions: Http2SessionManager;
  readonly #surroundings: Surroundings;
  readonly #timeoutMs: number | undefined;
  readonly #wire: Transport;

  /** Notes where to connect to; nothing is sent before the first call. */
  constructor(target: string, options: ClientOptions, surroundings: Surroundings = REAL) {
    const parsed = parseTarget(target);
    checkOptions(parsed, options);
    const baseUrl = baseUrlOf(parsed, options);
    this.target = target;
    const { accessToken = "" } = options;
    this.#accessToken = typeof accessToken === "function" ? accessToken : () => accessToken;
    this.#surroundings = surroundings;
    this.#timeoutMs = options.timeoutMs;
    this.#sessions = new Http2SessionManager(
      baseUrl,
      {
        pingIntervalMs: options.keepaliveMs ?? 45_000,
        pingTimeoutMs: options.keepaliveTimeoutMs ?? 15_000,
      },
      sessionOptions(parsed, options),
    );
    this.#wire = createGrpcTransport({
      baseUrl,
      sessionManager: this.#sessions,
      acceptCompression: [],
      interceptors: [...(options.interceptors ?? [])],
      readMaxBytes: options.maxReceiveBytes ?? 16 * MIB,
      writeMaxBytes: options.maxSendBytes ?? MIB,
    });
  }

  /** Aborted once the connection is closed for good. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  async unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeadersGiven,
    input: MessageInitShape<I>,
    contextValues?: ContextValues,
  ): Promise<UnaryResponse<I, O>> {
    const { sleep, chance, now } = this.#surroundings;
    const policy = this.#policies.of(method.parent.typeName, method.name);
    const limit = timeoutMs ?? this.#timeoutMs ?? policy.timeoutMs ?? 0;
    const deadline = limit > 0 ? now() + limit : Number.POSITIVE_INFINITY;
    const ends = linked(signal);
    try {
      for (let failures = 1; ; failures += 1) {
        const headers = await this.#headers(header, signal);
        const left = deadline - now();
        if (left <= 0) {
          throw tooLate(limit);
        }
        try {
          return await this.#wire.unary(
            method,
            ends.controller.signal,
            Number.isFinite(left) ? Math.ceil(left) : 0,
            headers,
            input,
            contextValues,
          );
        } catch (error) {
          const failure = this.#translate(error, signal);
          const pushback =
            error instanceof ConnectError ? error.metadata.get("grpc-retry-pushback-ms") : null;
          const delay = retryDelayMs(policy.retry, failures, failure.code, pushback, chance());
          if (delay === undefined || !isUnavailable(failure) || now() + delay >= deadline) {
            throw failure;
          }
          const wakes = linked(signal, this.closed);
          try {
            await sleep(delay, wakes.controller.signal);
          } finally {
            wakes.unlink();
          }
        }
      }
    } finally {
      ends.unlink();
    }
  }

  async stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeadersGiven,
    input: AsyncIterable<MessageInitShape<I>>,
    contextValues?: ContextValues,
  ): Promise<StreamResponse<I, O>> {
    const { timeoutMs: usual } = this.#policies.of(method.parent.typeName, method.name);
    const headers = await this.#headers(header, signal);
    const ends = linked(signal);
    try {
      const response = await this.#wire.stream(
        method,
        ends.controller.signal,
        timeoutMs ?? usual,
        headers,
        input,
        contextValues,
      );
      return { ...response, message: this.#guarded(response.message, signal, ends) };
    } catch (error) {
      ends.unlink();
      throw this.#translate(error, signal);
    }
  }

  /** Closes the connection; calls that still run fail with `ClientClosedError`. */
  close(): void {
    if (!this.closed.aborted) {
      this.#closed.abort(new ClientClosedError("the client was closed"));
      this.#sessions.abort();
    }
  }

  /** Translates what ends a stream before its time. */
  async *#guarded<T>(
    messages: AsyncIterable<T>,
    signal: AbortSignal | undefined,
    ends: ReturnType<typeof linked>,
  ): AsyncGenerator<T, void, undefined> {
    try {
      yield* messages;
    } catch (error) {
      throw this.#translate(error, signal);
    } finally {
      ends.unlink();
    }
  }

  /** Returns what a call is sent with; throws what has ended it already. */
  async #headers(given: HeadersGiven, signal: AbortSignal | undefined): Promise<Headers> {
    this.#check(signal);
    const headers = new Headers(given);
    if (!headers.has("user-agent")) {
      headers.set("user-agent", USER_AGENT);
    }
    const token = await this.#accessToken();
    this.#check(signal);
    if (token) {
      checkToken(token);
      headers.set("authorization", `Bearer ${token}`);
    }
    return headers;
  }

  #check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    this.closed.throwIfAborted();
  }

  /** Returns the error for a failed call; throws what ended it on this side. */
  #translate(error: unknown, signal: AbortSignal | undefined): AppleMusicError {
    this.#check(signal);
    return errorFromRpc(error, this.target);
  }
}

function tooLate(limit: number): AppleMusicError {
  return new AppleMusicError(`the call took longer than ${limit} ms`, {
    code: "DEADLINE_EXCEEDED",
  });
}

function baseUrlOf(target: Target, options: ClientOptions): string {
  if (target.kind === "unix") {
    if (options.tls) {
      throw new TypeError("a Unix socket stays on this machine: leave tls out");
    }
    return "http://localhost";
  }
  return `${options.tls ? "https" : "http"}://${target.authority}`;
}

function sessionOptions(
  target: Target,
  options: ClientOptions,
): ConstructorParameters<typeof Http2SessionManager>[2] {
  // Audio comes in chunks of about 100 KiB: in frames of 16 KiB they cost both sides more.
  const settings = {
    enablePush: false,
    initialWindowSize: WINDOW_BYTES,
    maxFrameSize: WINDOW_BYTES,
  };
  if (target.kind === "unix") {
    return { settings, createConnection: () => connect(target.path) };
  }
  const { ca, cert, key, serverName } = typeof options.tls === "object" ? options.tls : {};
  return {
    settings,
    ...(ca === undefined ? {} : { ca: pem(ca) }),
    ...(cert === undefined ? {} : { cert: pem(cert) }),
    ...(key === undefined ? {} : { key: pem(key) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

function pem(value: string | Uint8Array): string | Buffer {
  return typeof value === "string" ? value : Buffer.from(value);
}
