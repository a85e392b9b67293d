/**
 * Runs examples one after the other, as they are asked for: what the test of the reference talks to.
 *
 *     node main.js 127.0.0.1:50051
 *
 * Each line of standard input is a JSON list: Service/Rpc, and the arguments of its example after the
 * client. What the example prints is followed by a line `-- done`, or `-- failed` and why.
 */

import { createInterface } from "node:readline";
import { AppleMusicError, Client } from "applemusic-grpc";
import * as audio from "./audio.js";
import * as auth from "./auth.js";
import * as catalog from "./catalog.js";
import * as favorites from "./favorites.js";
import * as library from "./library.js";
import * as radio from "./radio.js";
import * as recommendation from "./recommendation.js";
import * as server from "./server.js";

type Example = (music: Client, ...given: readonly string[]) => Promise<void>;

const FILES: Readonly<Record<string, object>> = {
  audio,
  auth,
  catalog,
  favorites,
  library,
  radio,
  recommendation,
  server,
};

const music = new Client(process.argv[2] ?? "127.0.0.1:50051");
for await (const line of createInterface({ input: process.stdin })) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the test writes these lines
  const [rpc = "", ...given] = JSON.parse(line) as string[];
  try {
    await exampleOf(rpc)(music, ...given);
    console.log("-- done");
  } catch (error) {
    if (!(error instanceof AppleMusicError)) {
      throw error;
    }
    console.log("-- failed", error.message);
  }
}
music.close();

/** Returns the function that shows an RPC. */
function exampleOf(rpc: string): Example {
  const [service = "", name = ""] = rpc.split("/");
  const file = FILES[service.replace(/Service$/, "").toLowerCase()] ?? {};
  const example: unknown = Reflect.get(file, name.charAt(0).toLowerCase() + name.slice(1));
  if (typeof example !== "function") {
    throw new TypeError(`there is no example of ${rpc}`);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of these files are such
  return example as Example;
}
