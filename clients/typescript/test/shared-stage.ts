/** The one stage of all tests that need one. */

import { after } from "node:test";
import { Stage } from "./stage.js";

let started: Promise<Stage> | undefined;

/** Returns the stage, started with its first use. */
export async function theStage(): Promise<Stage> {
  started ??= Stage.start();
  return started;
}

after(async () => {
  const stage = await started;
  await stage?.[Symbol.asyncDispose]();
});
