/** Lists that come in pages, and batches that go in parts. */

import { ProtocolError } from "./errors.js";

/** One page of a list. */
export interface Page<T> {
  /** What it holds, in order. May be empty without being the last. */
  readonly items: readonly T[];
  /** Where the next one begins; `""` when this is the last. */
  readonly nextPageToken: string;
  /** How many items the whole list has, where the server says so. */
  readonly totalCount: number | undefined;
}

/**
 * A list that is read page by page while it is iterated: `for await (const song of pager)`.
 *
 * Nothing is read before that, and no page before it is needed. Each iteration begins anew.
 */
export class Pager<T> implements AsyncIterable<T> {
  readonly #fetch: (pageToken: string) => Promise<Page<T>>;
  readonly #pageToken: string;

  constructor(fetch: (pageToken: string) => Promise<Page<T>>, pageToken = "") {
    this.#fetch = fetch;
    this.#pageToken = pageToken;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) {
      yield* page.items;
    }
  }

  /**
   * Iterates over whole pages.
   *
   * @throws ProtocolError The server sent the same page token twice in a row.
   */
  async *pages(): AsyncGenerator<Page<T>, void, undefined> {
    for (let token = this.#pageToken; ;) {
      const page = await this.#fetch(token);
      yield page;
      if (page.nextPageToken === "") {
        return;
      }
      if (page.nextPageToken === token) {
        throw new ProtocolError("the server sent the same page token again: the list never ends");
      }
      token = page.nextPageToken;
    }
  }

  /** Returns the first item; `undefined` when there is none. */
  async first(): Promise<T | undefined> {
    for await (const item of this) {
      return item;
    }
    return undefined;
  }

  /** Returns the items, at most `limit` of them; pages beyond that are not read. */
  async toArray(limit = Number.POSITIVE_INFINITY): Promise<T[]> {
    const items: T[] = [];
    if (limit <= 0) {
      return items;
    }
    for await (const page of this.pages()) {
      items.push(...page.items);
      if (items.length >= limit) {
        return items.slice(0, limit);
      }
    }
    return items;
  }
}

/** What was found of many ids. */
export interface Batch<T> {
  /** What was found, in the order asked for; repeated ids are answered once. */
  readonly items: readonly T[];
  /** Ids that name nothing, in the order asked for. */
  readonly missing: readonly string[];
}

/**
 * Asks about items in parts of at most `size`, `concurrency` at a time; answers come in order.
 *
 * The first failure ends the others and is thrown.
 */
export async function inParts<T, R>(
  items: readonly T[],
  size: number,
  concurrency: number,
  signal: AbortSignal | undefined,
  ask: (part: T[], signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const parts: T[][] = [];
  for (let start = 0; start < items.length; start += size) {
    parts.push(items.slice(start, start + size));
  }
  const stop = new AbortController();
  const forward = (): void => stop.abort(signal?.reason);
  signal?.addEventListener("abort", forward, { once: true });
  const answers: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < parts.length; index = next++) {
      answers[index] = await ask(parts[index] ?? [], stop.signal);
    }
  };
  try {
    signal?.throwIfAborted();
    await Promise.all(Array.from({ length: Math.min(concurrency, parts.length) }, work));
    return answers;
  } catch (error) {
    next = parts.length;
    stop.abort(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", forward);
  }
}
