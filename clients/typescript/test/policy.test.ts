import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Policies, retryDelayMs, type RetryPolicy } from "../src/policy.js";

const RETRY: RetryPolicy = {
  maxAttempts: 4,
  initialBackoffMs: 200,
  maxBackoffMs: 500,
  multiplier: 2,
  codes: new Set(["UNAVAILABLE"]),
};

describe("the shared service config", () => {
  const policies = new Policies();

  it("gives a service's methods its policy, and a method its own", () => {
    const read = policies.of("applemusic.v1.CatalogService", "GetSong");
    assert.equal(read.timeoutMs, 60_000);
    assert.equal(read.retry?.maxAttempts, 4);
    assert.equal(read.retry.initialBackoffMs, 200);
    const appended = policies.of("applemusic.v1.LibraryService", "AddPlaylistTracks");
    assert.deepEqual(appended, { timeoutMs: 60_000, retry: undefined });
  });

  it("gives streams neither a deadline nor retries", () => {
    const stream = policies.of("applemusic.v1.AudioService", "AudioStream");
    assert.deepEqual(stream, { timeoutMs: undefined, retry: undefined });
  });

  it("says nothing about what it does not name", () => {
    const unknown = policies.of("applemusic.v1.AuthService", "BeginSignIn");
    assert.equal(unknown.retry, undefined);
  });
});

describe("retryDelayMs", () => {
  it("grows to the maximum, by chance", () => {
    const waits = [1, 2, 3].map((failures) =>
      retryDelayMs(RETRY, failures, "UNAVAILABLE", null, 1),
    );
    assert.deepEqual(waits, [200, 400, 500]);
    assert.equal(retryDelayMs(RETRY, 1, "UNAVAILABLE", null, 0.25), 50);
  });

  it("ends with the attempts, and begins with the codes", () => {
    assert.equal(retryDelayMs(RETRY, 4, "UNAVAILABLE", null, 1), undefined);
    assert.equal(retryDelayMs(RETRY, 1, "INTERNAL", null, 1), undefined);
    assert.equal(retryDelayMs(undefined, 1, "UNAVAILABLE", null, 1), undefined);
  });

  it("does as the server says", () => {
    assert.equal(retryDelayMs(RETRY, 1, "UNAVAILABLE", "25", 1), 25);
    assert.equal(retryDelayMs(RETRY, 1, "UNAVAILABLE", "-1", 1), undefined);
    assert.equal(retryDelayMs(RETRY, 1, "UNAVAILABLE", "soon", 1), undefined);
  });
});
