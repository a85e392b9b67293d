/** JSON values, variables in scenarios, and paths into results. conformance/README.md is the specification. */

/** Any JSON value; `undefined` is what is absent. */
export type Json = undefined | null | boolean | number | string | Json[] | { [name: string]: Json };

/** An object of JSON. */
export type JsonObject = Record<string, Json>;

const VARIABLE = /\$\{([a-z][a-z0-9_]*)\}/g;
const WHOLE = /^\$\{([a-z][a-z0-9_]*)\}$/;

/** A step did not hold, or the scenario makes no sense; the message says where and why. */
export class ScenarioError extends Error {}

/** Says whether a value is an object. */
export function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns a value with every `${name}` in its strings replaced; keys stay as they are. */
export function substitute(value: Json, variables: JsonObject): Json {
  if (typeof value === "string") {
    const whole = WHOLE.exec(value)?.[1];
    return whole === undefined
      ? value.replaceAll(VARIABLE, (_match, name: string) => asText(known(name, variables)))
      : known(whole, variables);
  }
  if (Array.isArray(value)) {
    return value.map((item) => substitute(item, variables));
  }
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, substitute(item, variables)]),
    );
  }
  return value;
}

/** Returns what a path leads to: names and indexes, joined by `.`. */
export function find(value: Json, path: string): Json {
  let here = value;
  for (const part of path === "" ? [] : path.split(".")) {
    let next: Json;
    if (Array.isArray(here)) {
      next = /^-?\d+$/.test(part) ? here.at(Number(part)) : undefined;
    } else if (isObject(here) && Object.hasOwn(here, part)) {
      next = here[part];
    }
    if (next === undefined) {
      throw new ScenarioError(`path ${JSON.stringify(path)} leads nowhere: there is no ${part}`);
    }
    here = next;
  }
  return here;
}

/** Returns what `capture` says to take: a path, or a path and an expression with a group. */
export function capture(value: Json, source: Json): Json {
  if (typeof source === "string") {
    return find(value, source);
  }
  if (
    !isObject(source) ||
    typeof source["path"] !== "string" ||
    typeof source["regex"] !== "string"
  ) {
    throw new ScenarioError(`nothing can be captured with ${JSON.stringify(source)}`);
  }
  const text = find(value, source["path"]);
  const match = typeof text === "string" ? expression(source["regex"]).exec(text) : null;
  if (match?.[1] === undefined) {
    throw new ScenarioError(`${source["regex"]} is not found at ${JSON.stringify(source["path"])}`);
  }
  return match[1];
}

/** Returns a regular expression; `^` and `$` are the ends of the text. */
export function expression(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch (error) {
    throw new ScenarioError(`${source} is no expression: ${String(error)}`);
  }
}

function known(name: string, variables: JsonObject): Json {
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (value === undefined) {
    throw new ScenarioError(`there is no variable ${name}`);
  }
  return value;
}

function asText(value: Json): string {
  if (typeof value === "number") {
    return value.toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 20 });
  }
  if (typeof value === "string" || typeof value === "boolean") {
    return String(value);
  }
  throw new ScenarioError("only text, numbers and booleans can be put into a longer text");
}
