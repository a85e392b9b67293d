/** The parts of the runner that the cases of conformance/matchers.json describe. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { checkMatcher, mismatch } from "../conformance/matchers.js";
import {
  capture,
  ScenarioError,
  substitute,
  type Json,
  type JsonObject,
} from "../conformance/values.js";
import { ROOT } from "./paths.js";

interface Cases {
  matchers: { value: Json; matcher: Json; matches: boolean }[];
  invalid_matchers: Json[];
  variables: { variables: JsonObject; value: Json; becomes?: Json; fails?: true }[];
  paths: { value: Json; path: string; regex?: string; leads_to?: Json; fails?: true }[];
}

const cases = JSON.parse(readFileSync(new URL("conformance/matchers.json", ROOT), "utf8")) as Cases;

describe("matchers of scenarios", () => {
  it("match as all runners' do", () => {
    for (const { value, matcher, matches } of cases.matchers) {
      const found = mismatch(matcher, value);
      assert.equal(found === "", matches, `${JSON.stringify({ value, matcher })}: ${found}`);
    }
  });

  it("are refused when there are none of the kind", () => {
    for (const matcher of cases.invalid_matchers) {
      assert.throws(() => checkMatcher(matcher), ScenarioError, JSON.stringify(matcher));
    }
  });
});

describe("variables and paths of scenarios", () => {
  it("are put in", () => {
    for (const { variables, value, becomes, fails } of cases.variables) {
      if (fails) {
        assert.throws(() => substitute(value, variables), ScenarioError);
      } else {
        assert.deepEqual(substitute(value, variables), becomes);
      }
    }
  });

  it("lead somewhere", () => {
    for (const { value, path, regex, leads_to: expected, fails } of cases.paths) {
      const source = regex === undefined ? path : { path, regex };
      if (fails) {
        assert.throws(() => capture(value, source), ScenarioError, path);
      } else {
        assert.deepEqual(capture(value, source), expected);
      }
    }
  });
});
