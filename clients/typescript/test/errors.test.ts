import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { adviceFor, isReason } from "../src/advice.js";
import {
  AppleMusicError,
  ConnectionError,
  IncompleteStreamError,
  isUnavailable,
} from "../src/errors.js";
import { errorFromRpc } from "../src/from-rpc.js";
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

describe("what fails on its way", () => {
  const node = (code: string): Error => Object.assign(new Error("failed"), { code });
  const cases: readonly [string, Code, Error?][] = [
    ["connect ECONNREFUSED", Code.Unavailable],
    ["read ECONNRESET", Code.Aborted, node("ECONNRESET")],
    ["http/2 stream closed with error code CANCEL (0x8)", Code.Canceled],
    ["http/2 stream closed with error code INTERNAL_ERROR (0x2)", Code.Internal],
    ["protocol error: missing status", Code.Internal],
    ["protocol error: incomplete envelope", Code.InvalidArgument],
    ["protocol error: promised 57344 bytes, received 11", Code.InvalidArgument],
    ["The session has been destroyed", Code.Unknown, node("ERR_HTTP2_INVALID_SESSION")],
  ];
  for (const [message, code, cause] of cases) {
    it(`is a connection that broke: ${message}`, () => {
      const error = errorFromRpc(new ConnectError(message, code, {}, [], cause), "host:1");
      assert.ok(error instanceof ConnectionError);
      assert.ok(isUnavailable(error), "it can be tried again");
      assert.equal(error.code, "UNAVAILABLE");
    });
  }

  it("is told apart from what the server says", () => {
    const said = { "grpc-status": "10" };
    const aborted = errorFromRpc(new ConnectError("changed", Code.Aborted, said), "host:1");
    assert.ok(!(aborted instanceof ConnectionError));
    assert.equal(aborted.code, "ABORTED");
    for (const status of ["1", "14"]) {
      const between = new ConnectError("no upstream", Number(status), { "grpc-status": status });
      assert.ok(errorFromRpc(between, "host:1") instanceof ConnectionError);
    }
    const garbled = errorFromRpc(new ConnectError("parse binary: x", Code.Internal), "host:1");
    assert.equal(garbled.code, "INTERNAL");
  });

  it("is not tried again when the two do not agree on TLS", () => {
    const untrusted = new ConnectError("no", Code.Internal, {}, [], node("CERT_HAS_EXPIRED"));
    const error = errorFromRpc(untrusted, "host:1");
    assert.ok(error instanceof ConnectionError && error.lasting);
    assert.ok(!isUnavailable(error));
    assert.match(error.message, /not trusted/);
  });
});
