/** Waiting that can be ended early. */

import { setMaxListeners } from "node:events";

/** What the client takes from outside, so that tests decide it. */
export interface Surroundings {
  /** Waits; throws the signal's reason when it is aborted meanwhile. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** A number from 0 to 1. */
  readonly chance: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** The real world. */
export const REAL: Surroundings = {
  sleep,
  chance: Math.random,
  now: () => performance.now(),
};

/** Waits; throws the signal's reason when it is aborted before or meanwhile. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const ended = (): void => {
      clearTimeout(timer);
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever the caller gave
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", ended);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", ended, { once: true });
  });
}

/** A controller that is aborted with the first of some signals; `unlink` lets go of them. */
export function linked(...signals: readonly (AbortSignal | undefined)[]): {
  readonly controller: AbortController;
  readonly unlink: () => void;
} {
  const controller = new AbortController();
  const sources = signals.filter((signal) => signal !== undefined);
  const listeners = sources.map((source) => {
    // Any number of calls may share a signal, and each takes its listener away again.
    setMaxListeners(0, source);
    const abort = (): void => controller.abort(source.reason);
    if (source.aborted) {
      abort();
    } else {
      source.addEventListener("abort", abort, { once: true });
    }
    return abort;
  });
  const unlink = (): void => {
    sources.forEach((source, index) => {
      const listener = listeners[index];
      if (listener !== undefined) {
        source.removeEventListener("abort", listener);
      }
    });
  };
  return { controller, unlink };
}
