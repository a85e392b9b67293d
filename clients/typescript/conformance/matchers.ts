/** What a scenario expects, compared with what came. conformance/README.md is the specification. */

import { expression, isObject, ScenarioError, type Json, type JsonObject } from "./values.js";

type Operator = (wanted: Json, value: Json, path: string) => string;

const SHOWN = 300;
const QUANTITY = /^-?\d+(?:\.\d+)?s?$/;

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["$equals", equals],
  ["$regex", regex],
  ["$count", count],
  ["$contains", contains],
  ["$each", each],
  ["$at_least", (least, value, path) => inRange(least, undefined, value, path)],
  ["$at_most", (most, value, path) => inRange(undefined, most, value, path)],
  ["$between", (ends, value, path) => inRange(listed(ends)[0], listed(ends)[1], value, path)],
  ["$any", any],
  ["$all", all],
  ["$not", not],
]);

/**
 * Says where and how a value differs from what a matcher wants; `""` when it does not.
 *
 * @param matcher What is expected, variables replaced.
 * @param value What came; `undefined` or `null` for what is absent.
 * @param path Where the value lies in the whole, for the message.
 */
export function mismatch(matcher: Json, value: Json, path = ""): string {
  if (isObject(matcher)) {
    const operator = operatorOf(matcher);
    if (operator === undefined) {
      return fields(matcher, value, path);
    }
    return operator.apply(operator.wanted, value, path);
  }
  if (Array.isArray(matcher)) {
    return elements(matcher, value, path);
  }
  if (isAbsent(value) && isDefault(matcher)) {
    return "";
  }
  return same(matcher, value) ? "" : differs(path, shown(matcher), value);
}

/** Refuses a matcher that could never be evaluated, wherever in the expectation it stands. */
export function checkMatcher(matcher: Json): void {
  if (Array.isArray(matcher)) {
    matcher.forEach(checkMatcher);
  } else if (isObject(matcher)) {
    const operator = operatorOf(matcher);
    if (operator?.name !== "$equals") {
      Object.values(matcher).forEach(checkMatcher);
    }
  }
}

function operatorOf(
  matcher: JsonObject,
): { name: string; wanted: Json; apply: Operator } | undefined {
  const names = Object.keys(matcher);
  const name = names.find((each_) => each_.startsWith("$"));
  if (name === undefined) {
    return undefined;
  }
  const apply = OPERATORS.get(name);
  if (apply === undefined || names.length !== 1) {
    throw new ScenarioError(`there is no matcher ${shown(matcher)}`);
  }
  return { name, wanted: matcher[name], apply };
}

function fields(matcher: JsonObject, value: Json, path: string): string {
  if (!isObject(value)) {
    return differs(path, "an object", value);
  }
  return first(
    Object.entries(matcher).map(([name, wanted]) => () => {
      const found = Object.hasOwn(value, name) ? value[name] : undefined;
      return mismatch(wanted, found, path ? `${path}.${name}` : name);
    }),
  );
}

function elements(matcher: readonly Json[], value: Json, path: string): string {
  const items = isAbsent(value) ? [] : value;
  if (!Array.isArray(items)) {
    return differs(path, "an array", value);
  }
  if (items.length !== matcher.length) {
    return differs(path, `${matcher.length} elements`, `${items.length}: ${shown(items)}`);
  }
  return first(
    matcher.map((wanted, index) => () => mismatch(wanted, items[index], `${path}.${index}`)),
  );
}

function equals(wanted: Json, value: Json, path: string): string {
  return same(wanted, value) ? "" : differs(path, `exactly ${shown(wanted)}`, value);
}

function regex(pattern: Json, value: Json, path: string): string {
  if (typeof pattern !== "string") {
    throw new ScenarioError("$regex is an expression");
  }
  if (typeof value === "string" && expression(pattern).test(value)) {
    return "";
  }
  return differs(path, `text with ${pattern}`, value);
}

function count(wanted: Json, value: Json, path: string): string {
  let size: number;
  if (isAbsent(value)) {
    size = 0;
  } else if (typeof value === "string") {
    size = Array.from(value).length;
  } else if (Array.isArray(value)) {
    size = value.length;
  } else if (isObject(value)) {
    size = Object.keys(value).length;
  } else {
    return differs(path, "something to count", value);
  }
  return mismatch(wanted, size, `${path} (length)`);
}

function contains(wanted: Json, value: Json, path: string): string {
  const there = Array.isArray(value)
    ? value.some((item) => mismatch(wanted, item) === "")
    : typeof value === "string" && typeof wanted === "string" && value.includes(wanted);
  return there ? "" : differs(path, `something with ${shown(wanted)}`, value);
}

function each(wanted: Json, value: Json, path: string): string {
  const items = isAbsent(value) ? [] : value;
  if (!Array.isArray(items)) {
    return differs(path, "an array", value);
  }
  return first(items.map((item, index) => () => mismatch(wanted, item, `${path}.${index}`)));
}

function inRange(least: Json, most: Json, value: Json, path: string): string {
  const size = quantity(isAbsent(value) ? 0 : value);
  const wanted = `${least === undefined ? "" : shown(least)}..${most === undefined ? "" : shown(most)}`;
  if (size === undefined) {
    return differs(path, `a number in ${wanted}`, value);
  }
  const low = quantity(least) ?? Number.NEGATIVE_INFINITY;
  const high = quantity(most) ?? Number.POSITIVE_INFINITY;
  return size < low || size > high ? differs(path, wanted, value) : "";
}

function any(wanted: Json, value: Json, path: string): string {
  return listed(wanted).some((matcher) => mismatch(matcher, value) === "")
    ? ""
    : differs(path, `one of ${shown(wanted)}`, value);
}

function all(wanted: Json, value: Json, path: string): string {
  return first(listed(wanted).map((matcher) => () => mismatch(matcher, value, path)));
}

function not(unwanted: Json, value: Json, path: string): string {
  return mismatch(unwanted, value) ? "" : differs(path, `anything but ${shown(unwanted)}`, value);
}

function first(tests: readonly (() => string)[]): string {
  for (const test of tests) {
    const found = test();
    if (found) {
      return found;
    }
  }
  return "";
}

function listed(value: Json): Json[] {
  if (!Array.isArray(value)) {
    throw new ScenarioError(`a list is wanted, not ${shown(value)}`);
  }
  return value;
}

/** Compares as JSON. */
function same(one: Json, other: Json): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => same(item, other[index]));
  }
  if (isObject(one) && isObject(other)) {
    const names = Object.keys(one);
    return (
      names.length === Object.keys(other).length &&
      names.every((name) => Object.hasOwn(other, name) && same(one[name], other[name]))
    );
  }
  return one === other;
}

function isAbsent(value: Json): value is null | undefined {
  return value === undefined || value === null;
}

function isDefault(matcher: Json): boolean {
  return isAbsent(matcher) || matcher === "" || matcher === 0 || matcher === false;
}

function quantity(value: Json): number | undefined {
  if (typeof value === "string" && QUANTITY.test(value)) {
    return Number.parseFloat(value);
  }
  return typeof value === "number" ? value : undefined;
}

function differs(path: string, wanted: string, value: Json): string {
  const came = isAbsent(value) ? "nothing" : shown(value);
  return `${path || "the result"}: expected ${wanted}, got ${came}`;
}

function shown(value: Json): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}...`;
}
