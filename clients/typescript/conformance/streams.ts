/** Server streams that a scenario reads piece by piece. */

import { AppleMusicError } from "../src/index.js";
import { mismatch } from "./matchers.js";
import { errorAsJson } from "./rpc.js";
import { ScenarioError, type Json, type JsonObject } from "./values.js";

const CANCEL_MS = 10_000;
const USUAL_SECONDS = 20;

type Came = { readonly message: JsonObject } | { readonly error: unknown } | "end";

/** Reads a stream from its first message on, so that it is open before anybody asks. */
export class OpenStream {
  readonly #controller = new AbortController();
  readonly #came: Came[] = [];
  readonly #ended: Promise<void>;
  #wake: () => void = () => undefined;

  /** @param open Begins the stream; it ends with the signal. */
  constructor(open: (signal: AbortSignal) => AsyncIterable<JsonObject>) {
    this.#ended = this.#pump(open(this.#controller.signal));
  }

  /** Returns the messages up to what the step says. */
  async read(step: JsonObject): Promise<Json[]> {
    const messages: Json[] = [];
    const end = performance.now() + Number(step["timeout"] ?? USUAL_SECONDS) * 1000;
    for (;;) {
      const came = await this.#next(end);
      if (came === undefined) {
        throw new ScenarioError(`not in time; ${messages.length} messages came`);
      }
      if (came === "end") {
        if (step["end"] !== true) {
          throw new ScenarioError(`the stream ended after ${messages.length} messages`);
        }
        return messages;
      }
      if ("error" in came) {
        return failed(came.error, step, messages);
      }
      messages.push(came.message);
      const enough =
        messages.length === step["count"] ||
        (step["until"] !== undefined && mismatch(step["until"], came.message) === "");
      if (enough) {
        return messages;
      }
    }
  }

  /** Cancels it and waits until it has ended. */
  async cancel(): Promise<void> {
    this.#controller.abort();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(true), CANCEL_MS);
    });
    const goesOn = await Promise.race([this.#ended.then(() => false), late]);
    clearTimeout(timer);
    if (goesOn) {
      throw new ScenarioError("the stream goes on after it was cancelled");
    }
  }

  async #next(end: number): Promise<Came | undefined> {
    while (this.#came.length === 0) {
      const left = end - performance.now();
      if (left <= 0) {
        return undefined;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#came.shift();
  }

  async #pump(messages: AsyncIterable<JsonObject>): Promise<void> {
    try {
      for await (const message of messages) {
        this.#put({ message });
      }
      this.#put("end");
    } catch (error) {
      this.#put({ error });
    }
  }

  #put(came: Came): void {
    this.#came.push(came);
    this.#wake();
  }
}

function failed(error: unknown, step: JsonObject, messages: Json[]): Json[] {
  if (step["error"] === undefined || !(error instanceof AppleMusicError)) {
    throw new ScenarioError(`the stream failed: ${String(error)}`);
  }
  const found = mismatch(step["error"], errorAsJson(error));
  if (found) {
    throw new ScenarioError(`error: ${found}`);
  }
  return messages;
}
