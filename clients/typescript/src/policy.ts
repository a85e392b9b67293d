/** Deadlines and retries, by the service config that all languages share. */

import { SERVICE_CONFIG } from "./gen/service_config.js";

/** How a call is tried again, as gRPC's service config says it. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly multiplier: number;
  readonly codes: ReadonlySet<string>;
}

/** What the service config says about one method. */
export interface MethodPolicy {
  /** Milliseconds that a call may take when nobody says; `undefined` is without limit. */
  readonly timeoutMs: number | undefined;
  /** How it is tried again; `undefined` is not at all. */
  readonly retry: RetryPolicy | undefined;
}

interface MethodConfig {
  readonly name: readonly { readonly service?: string; readonly method?: string }[];
  readonly timeout?: string;
  readonly retryPolicy?: {
    readonly maxAttempts: number;
    readonly initialBackoff: string;
    readonly maxBackoff: string;
    readonly backoffMultiplier: number;
    readonly retryableStatusCodes: readonly string[];
  };
}

const NO_POLICY: MethodPolicy = { timeoutMs: undefined, retry: undefined };

/** The policies of a service config: those of a method before those of its service. */
export class Policies {
  readonly #byName = new Map<string, MethodPolicy>();

  constructor(config: { readonly methodConfig: readonly MethodConfig[] } = SERVICE_CONFIG) {
    for (const entry of config.methodConfig) {
      const policy = toPolicy(entry);
      for (const { service = "", method = "" } of entry.name) {
        this.#byName.set(`${service}/${method}`, policy);
      }
    }
  }

  /** Returns the policy of a method. */
  of(service: string, method: string): MethodPolicy {
    return (
      this.#byName.get(`${service}/${method}`) ??
      this.#byName.get(`${service}/`) ??
      this.#byName.get("/") ??
      NO_POLICY
    );
  }
}

/**
 * Returns how many milliseconds to wait before the next attempt; `undefined` when there is none.
 *
 * @param policy The method's.
 * @param failures How many attempts have failed, from 1.
 * @param code Status code of the last one.
 * @param pushback What the server said in `grpc-retry-pushback-ms`, if it did.
 * @param chance From 0 to 1.
 */
export function retryDelayMs(
  policy: RetryPolicy | undefined,
  failures: number,
  code: string,
  pushback: string | null,
  chance: number,
): number | undefined {
  if (policy === undefined || failures >= policy.maxAttempts || !policy.codes.has(code)) {
    return undefined;
  }
  if (pushback !== null) {
    // Anything but a number of milliseconds means: do not try again.
    return /^\d+$/.test(pushback) ? Number(pushback) : undefined;
  }
  const grown = policy.initialBackoffMs * policy.multiplier ** (failures - 1);
  return chance * Math.min(grown, policy.maxBackoffMs);
}

function toPolicy(entry: MethodConfig): MethodPolicy {
  const retry = entry.retryPolicy;
  return {
    timeoutMs: entry.timeout === undefined ? undefined : milliseconds(entry.timeout),
    retry: retry && {
      maxAttempts: retry.maxAttempts,
      initialBackoffMs: milliseconds(retry.initialBackoff),
      maxBackoffMs: milliseconds(retry.maxBackoff),
      multiplier: retry.backoffMultiplier,
      codes: new Set(retry.retryableStatusCodes),
    },
  };
}

function milliseconds(duration: string): number {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(duration)?.[1];
  if (seconds === undefined) {
    throw new TypeError(`${JSON.stringify(duration)} is not a duration such as "0.2s"`);
  }
  return Number(seconds) * 1000;
}
