/** The verbs of scenarios, done through this client. */

import { createHash } from "node:crypto";
import type { Message } from "@bufbuild/protobuf";
import { AudioStream } from "../src/audio-stream.js";
import { Calls } from "../src/calls.js";
import { Connection } from "../src/connection.js";
import { AppleMusicError, AudioEventKind } from "../src/index.js";
import {
  AudioHeaderSchema,
  AudioService,
  AudioSummarySchema,
  type AudioStreamRequest,
} from "../src/v1.js";
import { checkMatcher, mismatch } from "./matchers.js";
import { errorAsJson, fromProtoJson, methodOf, toProtoJson, type RpcOptions } from "./rpc.js";
import { OpenStream } from "./streams.js";
import {
  capture,
  isObject,
  ScenarioError,
  substitute,
  type Json,
  type JsonObject,
} from "./values.js";

const AGAIN_MS = 100;
const COMPARED = ["expect", "error", "capture"];

// The fields of each verb: what a runner does not know is a failure.
const VERBS: Readonly<Record<string, readonly string[]>> = {
  call: ["request", "access", "timeout", "within", ...COMPARED],
  pages: ["items", "request", "access", "timeout", ...COMPARED],
  open: ["method", "request", "access"],
  read: ["count", "until", "end", "timeout", ...COMPARED],
  cancel: [],
  audio: ["request", "access", "stop_after", ...COMPARED],
  http: ["base", "path", "json", "form", "headers", "expect", "capture"],
};

/** What a runner is told about the server. */
export interface Context {
  readonly grpc: string;
  readonly web: string;
  readonly simulator: string;
  readonly access: Readonly<Record<string, string>>;
  readonly variables: JsonObject;
}

/** One run of one scenario: its variables, streams, buffers and cookies. */
export class Scene {
  readonly #buffers = new Map<string, Buffer>();
  readonly #calls = new Map<string, Calls>();
  readonly #context: Context;
  readonly #cookies = new Map<string, string>();
  readonly #streams = new Map<string, OpenStream>();
  readonly #variables: JsonObject;

  constructor(context: Context) {
    this.#context = context;
    const { web, simulator } = context;
    this.#variables = { web, simulator, ...context.variables };
  }

  /** Does one step and compares; throws `ScenarioError` when something is not as expected. */
  async step(raw: JsonObject): Promise<void> {
    // What is captured is named and not meant: `capture` has no variables.
    const step: JsonObject = Object.fromEntries(
      Object.entries(raw).map(([name, value]) => [
        name,
        name === "capture" ? value : substitute(value, this.#variables),
      ]),
    );
    const verb = Object.keys(VERBS).find((name) => name in step);
    if (verb === undefined) {
      throw new ScenarioError(`there is no verb in ${Object.keys(step).join(", ")}`);
    }
    const known = new Set([verb, "comment", ...(VERBS[verb] ?? [])]);
    const unknown = Object.keys(step).filter((name) => !known.has(name));
    if (unknown.length > 0) {
      throw new ScenarioError(`a step with the verb ${verb} has no ${unknown.join(", ")}`);
    }
    for (const name of ["expect", "error", "until"]) {
      checkMatcher(step[name]);
    }
    const result = await this.#eventually(verb, step);
    for (const [name, source] of Object.entries(objectOf(step, "capture"))) {
      this.#variables[name] = capture(result, source);
    }
  }

  /** Cancels what is still open. */
  async close(): Promise<void> {
    for (const stream of this.#streams.values()) {
      await stream.cancel();
    }
    for (const calls of this.#calls.values()) {
      calls.connection.close();
    }
  }

  async #eventually(verb: string, step: JsonObject): Promise<Json> {
    const deadline = performance.now() + Number(step["within"] ?? 0) * 1000;
    for (;;) {
      try {
        return await this.#once(verb, step);
      } catch (error) {
        if (!(error instanceof ScenarioError) || performance.now() >= deadline) {
          throw error;
        }
      }
      await new Promise((resolve) => {
        setTimeout(resolve, AGAIN_MS);
      });
    }
  }

  async #once(verb: string, step: JsonObject): Promise<Json> {
    let result: Json;
    try {
      result = await this.#do(verb, step);
    } catch (error) {
      if (error instanceof AppleMusicError) {
        return expectedError(step, error);
      }
      throw error;
    }
    if (step["error"] !== undefined && verb !== "read") {
      throw new ScenarioError(`expected ${JSON.stringify(step["error"])}, and it succeeded`);
    }
    const found = step["expect"] === undefined ? "" : mismatch(step["expect"], result);
    if (found) {
      throw new ScenarioError(found);
    }
    return result;
  }

  async #do(verb: string, step: JsonObject): Promise<Json> {
    switch (verb) {
      case "call":
        return this.#call(step);
      case "pages":
        return this.#pages(step);
      case "open":
        this.#open(step);
        return undefined;
      case "read":
        return this.#stream(textOf(step, "read")).read(step);
      case "cancel":
        await this.#stream(textOf(step, "cancel")).cancel();
        return undefined;
      case "audio":
        return this.#audio(step);
      default:
        return this.#http(step);
    }
  }

  async #call(step: JsonObject): Promise<Json> {
    const { desc, unary } = methodOf(this.#client(step), textOf(step, "call"));
    const request = fromProtoJson(desc.input, step["request"]);
    return toProtoJson(desc.output, await unary(request, timed(step)));
  }

  async #pages(step: JsonObject): Promise<Json> {
    const calls = this.#client(step);
    const { desc, unary } = methodOf(calls, textOf(step, "pages"));
    const request = fromProtoJson(desc.input, step["request"]) as Message & { pageToken: string };
    const name = textOf(step, "items");
    const field = desc.output.fields.find((each) => each.jsonName === name);
    if (field?.fieldKind !== "list" || field.listKind !== "message") {
      throw new ScenarioError(`${desc.output.name} has no list ${name}`);
    }
    const pager = calls.pager(
      { ...timed(step), pageToken: request.pageToken },
      ({ pageToken }, rpc) =>
        unary({ ...request, pageToken } as Message, rpc) as Promise<
          Message & { nextPageToken: string }
        >,
      (response) => Reflect.get(response, field.localName) as Message[],
    );
    return (await pager.toArray()).map((item) => toProtoJson(field.message, item));
  }

  #open(step: JsonObject): void {
    const { desc, stream } = methodOf(this.#client(step), textOf(step, "method"));
    const request = fromProtoJson(desc.input, step["request"]);
    const messages = async function* (signal: AbortSignal): AsyncGenerator<JsonObject> {
      for await (const message of stream(request, { signal })) {
        yield toProtoJson(desc.output, message);
      }
    };
    this.#streams.set(textOf(step, "open"), new OpenStream(messages));
  }

  async #audio(step: JsonObject): Promise<Json> {
    const name = textOf(step, "audio");
    const schema = AudioService.method.audioStream.input;
    const request = fromProtoJson(schema, step["request"]) as AudioStreamRequest;
    const parts: Uint8Array[] = [];
    const most = Number(step["stop_after"] ?? Number.POSITIVE_INFINITY);
    let came = 0;
    await using stream = new AudioStream(this.#client(step), request, {});
    for await (const data of stream.bytes()) {
      parts.push(data);
      came += data.length;
      if (came >= most) {
        break;
      }
    }
    const byteCount = Math.min(came, most);
    const before = this.#buffers.get(name) ?? Buffer.alloc(0);
    const buffer = Buffer.concat([before, ...parts]).subarray(0, before.length + byteCount);
    this.#buffers.set(name, buffer);
    return audioResult(stream, buffer, byteCount);
  }

  async #http(step: JsonObject): Promise<Json> {
    const web = step["base"] === "web";
    const headers = new Headers(objectOf(step, "headers") as Record<string, string>);
    if (web && this.#cookies.size > 0) {
      const pairs = Array.from(this.#cookies, ([name, value]) => `${name}=${value}`);
      headers.set("cookie", pairs.join("; "));
    }
    let body: string | URLSearchParams | undefined;
    if (step["json"] !== undefined) {
      headers.set("content-type", "application/json");
      body = JSON.stringify(step["json"]);
    } else if (step["form"] !== undefined) {
      body = new URLSearchParams(objectOf(step, "form") as Record<string, string>);
    }
    const base = web ? this.#context.web : this.#context.simulator;
    const response = await fetch(base + textOf(step, "path"), {
      method: textOf(step, "http"),
      headers,
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
    if (web) {
      this.#keepCookies(response);
    }
    const isJson = /^application\/json\b/.test(response.headers.get("content-type") ?? "");
    const text = await response.text();
    return { status: response.status, body: isJson ? (JSON.parse(text) as Json) : text };
  }

  #keepCookies(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^\s*([^=;]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) {
        this.#cookies.set(name, value);
      }
    }
  }

  #client(step: JsonObject): Calls {
    const access = step["access"] === undefined ? "full" : textOf(step, "access");
    let calls = this.#calls.get(access);
    if (calls === undefined) {
      const accessToken = this.#context.access[access];
      if (accessToken === undefined) {
        throw new ScenarioError(`there is no access token ${access}`);
      }
      const options = { accessToken };
      calls = new Calls(new Connection(this.#context.grpc, options), options);
      this.#calls.set(access, calls);
    }
    return calls;
  }

  #stream(name: string): OpenStream {
    const stream = this.#streams.get(name);
    if (stream === undefined) {
      throw new ScenarioError(`no stream ${name} is open`);
    }
    return stream;
  }
}

function timed(step: JsonObject): RpcOptions {
  return step["timeout"] === undefined ? {} : { timeoutMs: Number(step["timeout"]) * 1000 };
}

/** Returns the error as the step's result, if it is the one that was expected. */
function expectedError(step: JsonObject, error: AppleMusicError): Json {
  if (step["error"] === undefined) {
    throw new ScenarioError(`it failed: ${String(error)}`);
  }
  const seen = errorAsJson(error);
  const found = mismatch(step["error"], seen);
  if (found) {
    throw new ScenarioError(`error: ${found}`);
  }
  return seen;
}

function audioResult(stream: AudioStream, buffer: Buffer, byteCount: number): Json {
  const { header, summary } = stream;
  return {
    ...(header === undefined ? {} : { header: toProtoJson(AudioHeaderSchema, header) }),
    ...(summary === undefined ? {} : { summary: toProtoJson(AudioSummarySchema, summary) }),
    complete: stream.complete,
    byteCount,
    position: Number(header?.byteOffset ?? 0n) + byteCount,
    resumeCount: stream.resumeCount,
    eventKinds: stream.events.map(({ kind }) => `AUDIO_EVENT_KIND_${AudioEventKind[kind]}`),
    buffer: { size: buffer.length, sha256: createHash("sha256").update(buffer).digest("hex") },
  };
}

function textOf(step: JsonObject, name: string): string {
  const value = step[name];
  if (typeof value !== "string") {
    throw new ScenarioError(`${name} has to be a string`);
  }
  return value;
}

function objectOf(step: JsonObject, name: string): JsonObject {
  const value = step[name] ?? {};
  if (!isObject(value)) {
    throw new ScenarioError(`${name} has to be an object`);
  }
  return value;
}
