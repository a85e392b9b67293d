/** Taking broken streams up again. */

import type { Calls } from "./calls.js";
import { isUnavailable } from "./errors.js";
import { linked } from "./waiting.js";

/** Counts failures in a row and waits between them, by the client's back-off. */
export class Attempts {
  readonly #calls: Calls;
  #failures = 0;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** Forgets the failures: something came. */
  progressed(): void {
    this.#failures = 0;
  }

  /**
   * Waits before the next attempt.
   *
   * @param error What failed; thrown on when it is not `UNAVAILABLE`, or when there were enough
   *   attempts. Its `retryAfterMs` is kept to.
   * @param most Attempts in a row at most, if that is less than `Backoff.attempts`; infinity is for
   *   ever.
   */
  async wait(error: unknown, signal?: AbortSignal, most?: number): Promise<void> {
    const { backoff, connection, surroundings } = this.#calls;
    const limit =
      most === Number.POSITIVE_INFINITY
        ? most
        : Math.min(most ?? backoff.attempts, backoff.attempts);
    this.#failures += 1;
    if (!isUnavailable(error) || this.#failures > limit) {
      throw error;
    }
    const exponent = Math.min(this.#failures - 1, 64);
    const grown = Math.min(backoff.initialMs * backoff.multiplier ** exponent, backoff.maximumMs);
    // Between half and all of it, so that many clients do not come back at once.
    const delay = grown * (0.5 + 0.5 * surroundings.chance());
    const wakes = linked(signal, connection.closed);
    try {
      await surroundings.sleep(Math.max(delay, error.retryAfterMs ?? 0), wakes.controller.signal);
    } finally {
      wakes.unlink();
    }
  }
}

/**
 * Returns how often to try again at most; `undefined` for `Backoff.attempts`.
 *
 * Once, where Apple did not answer: the server has asked it repeatedly by then.
 */
export function mostAttempts(error: unknown): number | undefined {
  return isUnavailable(error) && error.reason.startsWith("UPSTREAM_") ? 1 : undefined;
}

/**
 * Iterates over what a watching stream says, and opens it again whenever the server is away.
 *
 * For streams whose first messages bring the caller up to date: nothing is missed but what changed
 * twice meanwhile.
 */
export async function* watch<T>(
  calls: Calls,
  open: () => AsyncIterable<T>,
  signal?: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const attempts = new Attempts(calls);
  for (;;) {
    try {
      for await (const item of open()) {
        attempts.progressed();
        yield item;
      }
      return;
    } catch (error) {
      await attempts.wait(error, signal, Number.POSITIVE_INFINITY);
    }
  }
}
