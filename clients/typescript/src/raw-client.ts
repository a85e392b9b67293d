/** The generated clients, as Connect makes them, with streams that end when nobody reads on. */

import type { DescService } from "@bufbuild/protobuf";
import { createClient, makeAnyClient, type CallOptions, type Client } from "@connectrpc/connect";
import type { Connection } from "./connection.js";
import { linked } from "./waiting.js";

type Streaming = (request: object, options?: CallOptions) => AsyncIterable<unknown>;

/** Returns the client of a service. */
export function rawClient<T extends DescService>(service: T, connection: Connection): Client<T> {
  const plain = createClient(service, connection);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made from the methods of T
  return makeAnyClient(service, (method) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what Connect returned for it
    const call = Reflect.get(plain, method.localName) as Streaming;
    return method.methodKind === "server_streaming"
      ? (request: object, options?: CallOptions) => read(call, request, options)
      : call;
  }) as Client<T>;
}

/** Reads a stream until nobody wants more; Connect alone would let the server go on sending. */
async function* read(
  open: Streaming,
  request: object,
  options: CallOptions = {},
): AsyncGenerator<unknown, void, undefined> {
  const { controller, unlink } = linked(options.signal);
  try {
    yield* open(request, { ...options, signal: controller.signal });
  } finally {
    unlink();
    controller.abort();
  }
}
