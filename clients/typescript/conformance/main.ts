/** The runner of the TypeScript client. conformance/README.md says what a runner is. */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Scene, type Context } from "./scene.js";
import type { JsonObject } from "./values.js";

const SCENARIO_MS = 60_000;
const FINALLY = -1;

interface Scenario {
  readonly name: string;
  readonly steps: readonly JsonObject[];
  readonly finally?: readonly JsonObject[];
}

interface Failure {
  readonly step?: number;
  readonly message: string;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { context: { type: "string" } },
    allowPositionals: true,
  });
  if (values.context === undefined || positionals.length === 0) {
    process.stderr.write("usage: main.js --context CONTEXT.json SCENARIO.json...\n");
    return 2;
  }
  const context = JSON.parse(readFileSync(values.context, "utf8")) as Context;
  let allHeld = true;
  for (const path of positionals) {
    const line = await run(context, JSON.parse(readFileSync(path, "utf8")) as Scenario);
    process.stdout.write(`${JSON.stringify(line)}\n`);
    allHeld &&= line.ok;
  }
  return allHeld ? 0 : 1;
}

/** Runs one scenario and returns its line. */
async function run(
  context: Context,
  scenario: Scenario,
): Promise<{ scenario: string; ok: boolean; seconds: number } & Partial<Failure>> {
  const started = performance.now();
  const reset = await fetch(`${context.simulator}/control/reset`, { method: "POST" });
  const scene = new Scene(context);
  let failure: Failure | undefined = reset.ok
    ? await inTime(firstFailure(scene, scenario.steps))
    : { message: `the simulator's reset answered ${reset.status}` };
  for (const step of scenario.finally ?? []) {
    const after = await inTime(firstFailure(scene, [step]));
    failure ??= after && { ...after, step: FINALLY };
  }
  try {
    await scene.close();
  } catch (error) {
    failure ??= { message: String(error) };
  }
  const seconds = Math.round(performance.now() - started) / 1000;
  return { scenario: scenario.name, ok: failure === undefined, seconds, ...failure };
}

/** Does steps until one does not hold; returns which and why, or nothing. */
async function firstFailure(
  scene: Scene,
  steps: readonly JsonObject[],
): Promise<Failure | undefined> {
  for (const [index, step] of steps.entries()) {
    try {
      await scene.step(step);
    } catch (error) {
      return { step: index, message: error instanceof Error ? error.message : String(error) };
    }
  }
  return undefined;
}

async function inTime(work: Promise<Failure | undefined>): Promise<Failure | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Failure>((resolve) => {
    const failure = { message: `not done in ${SCENARIO_MS / 1000} s` };
    timer = setTimeout(() => resolve(failure), SCENARIO_MS);
  });
  const first = await Promise.race([work, late]);
  clearTimeout(timer);
  return first;
}
