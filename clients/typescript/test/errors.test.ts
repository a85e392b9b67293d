import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { adviceFor, isReason } from "../src/advice.js";
import { AppleMusicError, IncompleteStreamError } from "../src/errors.js";
import { ErrorReason } from "../src/v1.js";
import { ROOT } from "./paths.js";

describe("advice", () => {
  it("is that of docs/errors.md", () => {
    const page = readFileSync(new URL("docs/errors.md", ROOT), "utf8");
    const rows = [...page.matchAll(/^\| `(RETRY|RESTART|SKIP|SIGN_IN|TELL|REPORT)` \| (.*?) \|/gm)];
    const told = new Map<string, string>();
    for (const [, advice = "", reasons = ""] of rows) {
      for (const [, reason = ""] of reasons.matchAll(/`([A-Z_]+)`/g)) {
        told.set(reason, advice.toLowerCase().replace("_", "-"));
      }
    }
    const reasons = Object.keys(ErrorReason).filter((name) => isReason(name));
    assert.ok(reasons.length > 50);
    const given = reasons.map((reason) => [reason, adviceFor(reason, "UNKNOWN")]);
    assert.deepEqual(Object.fromEntries(given), Object.fromEntries(told));
  });

  it("falls back to the code", () => {
    assert.equal(adviceFor("OF_A_NEWER_SERVER", "NOT_FOUND"), "skip");
    assert.equal(adviceFor("", "UNKNOWN"), "report");
    assert.equal(adviceFor("constructor", "UNAVAILABLE"), "retry");
  });

  it("is to try again after an incomplete stream", () => {
    assert.equal(new IncompleteStreamError("it ended").advice, "retry");
  });
});

describe("AppleMusicError", () => {
  const error = new AppleMusicError("page_size is negative", {
    code: "INVALID_ARGUMENT",
    reason: "INVALID_FIELD",
    violations: [
      { field: "page_size", description: "is negative" },
      { field: "term", description: "is blank" },
    ],
    requestId: "r1",
  });

  it("narrows to reasons", () => {
    assert.ok(error.is("INVALID_FIELD", "INVALID_PAGE_TOKEN"));
    assert.ok(!error.is("RESOURCE_NOT_FOUND"));
    assert.ok(error instanceof Error);
    assert.equal(error.name, "AppleMusicError");
  });

  it("says everything once", () => {
    assert.equal(
      String(error),
      "AppleMusicError: INVALID_FIELD: page_size is negative; term: is blank (request r1)",
    );
  });
});
