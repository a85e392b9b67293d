/** The client's calls by name, and messages and errors as JSON. */

import {
  fromJson,
  toJson,
  type DescMessage,
  type DescMethod,
  type Message,
} from "@bufbuild/protobuf";
import type { Calls, RawClients } from "../src/calls.js";
import type { AppleMusicError } from "../src/index.js";
import * as v1 from "../src/v1.js";
import { ScenarioError, type Json, type JsonObject } from "./values.js";

/** What Connect takes besides a request. */
export interface RpcOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** A method of the contract, as `Service/Method` names it. */
export interface Method {
  readonly desc: DescMethod;
  /** The client's own way to call it. */
  readonly unary: (request: Message, options: RpcOptions) => Promise<Message>;
  readonly stream: (request: Message, options: RpcOptions) => AsyncIterable<Message>;
}

const SERVICES = {
  AudioService: ["audio", v1.AudioService],
  AuthService: ["auth", v1.AuthService],
  CatalogService: ["catalog", v1.CatalogService],
  FavoritesService: ["favorites", v1.FavoritesService],
  LibraryService: ["library", v1.LibraryService],
  RadioService: ["radio", v1.RadioService],
  RecommendationService: ["recommendations", v1.RecommendationService],
  ServerService: ["server", v1.ServerService],
} as const satisfies Record<string, readonly [keyof RawClients, unknown]>;

/** Returns a method. */
export function methodOf(calls: Calls, name: string): Method {
  const [service = "", method = ""] = name.split("/");
  if (Object.hasOwn(SERVICES, service)) {
    const [client, { methods }] = SERVICES[service as keyof typeof SERVICES];
    const desc = methods.find((each) => each.name === method);
    if (desc !== undefined) {
      const call: unknown = Reflect.get(calls.raw[client], desc.localName);
      return { desc, unary: call as Method["unary"], stream: call as Method["stream"] };
    }
  }
  throw new ScenarioError(`there is no method ${name}`);
}

/** Returns a message from its ProtoJSON. */
export function fromProtoJson(schema: DescMessage, value: Json): Message {
  try {
    return fromJson(schema, (value ?? {}) as Parameters<typeof fromJson>[1]);
  } catch (error) {
    throw new ScenarioError(`${schema.name}: ${String(error)}`);
  }
}

/** Returns a message as ProtoJSON. */
export function toProtoJson(schema: DescMessage, message: Message): JsonObject {
  return toJson(schema, message) as JsonObject;
}

/** Returns a client's error in the form that scenarios expect. */
export function errorAsJson(error: AppleMusicError): JsonObject {
  return {
    code: error.code,
    message: error.message,
    ...(error.reason === "" ? {} : { reason: error.reason }),
    ...(Object.keys(error.metadata).length === 0 ? {} : { metadata: { ...error.metadata } }),
    ...(error.violations.length === 0
      ? {}
      : { fields: error.violations.map(({ field }) => field) }),
    ...(error.retryAfterMs === undefined ? {} : { retryDelay: `${error.retryAfterMs / 1000}s` }),
  };
}
