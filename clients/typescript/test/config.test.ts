import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { Client } from "../src/index.js";
import { isLocal, parseTarget } from "../src/config.js";

const TOKEN = "amg_0123456789ab_canary";

describe("targets", () => {
  it("are an address with a port, or a socket", () => {
    assert.deepEqual(parseTarget("music.home.arpa:50051"), {
      kind: "tcp",
      host: "music.home.arpa",
      authority: "music.home.arpa:50051",
    });
    assert.deepEqual(parseTarget("unix:///run/music.sock"), {
      kind: "unix",
      path: "/run/music.sock",
    });
    assert.deepEqual(parseTarget("unix:/run/music.sock"), parseTarget("unix:///run/music.sock"));
  });

  for (const wrong of [
    "",
    "localhost",
    "http://localhost:1",
    "host:port",
    "::1:50051",
    "unix://x",
  ]) {
    it(`are not ${JSON.stringify(wrong)}`, () => {
      assert.throws(() => new Client(wrong), TypeError);
    });
  }

  it("are local, or not", () => {
    for (const near of ["127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1", "unix:///x"]) {
      assert.ok(isLocal(parseTarget(near)), near);
    }
    for (const far of ["10.0.0.1:1", "127.example.org:1", "localhost.example.org:1", "[::2]:1"]) {
      assert.ok(!isLocal(parseTarget(far)), far);
    }
  });
});

describe("the access token", () => {
  it("does not travel in plain text", () => {
    const plain = { accessToken: TOKEN };
    assert.throws(() => new Client("music.home.arpa:1", plain), /plain text/);
    for (const allowed of [
      new Client("127.0.0.1:1", plain),
      new Client("unix:///run/music.sock", plain),
      new Client("music.home.arpa:1", { ...plain, tls: true }),
      new Client("music.home.arpa:1", { ...plain, allowPlaintextToken: true }),
    ]) {
      allowed.close();
    }
  });

  it("is in nothing that a program prints", () => {
    const music = new Client("127.0.0.1:1", { accessToken: TOKEN });
    assert.doesNotMatch(inspect(music, { depth: 9, showHidden: true }), /canary/);
    music.close();
  });
});

describe("an access token that no header can carry", () => {
  const wrong = [`${TOKEN}\nsecond line`, `${TOKEN}é`, `${TOKEN} `];

  it("is refused, and not quoted", () => {
    for (const accessToken of wrong) {
      assert.throws(
        () => new Client("127.0.0.1:1", { accessToken }),
        (error: Error) =>
          error instanceof TypeError && /trim/.test(error.message) && !/canary/.test(error.message),
      );
    }
  });

  it("is not quoted when it comes late", async () => {
    for (const token of wrong) {
      const music = new Client("127.0.0.1:1", { accessToken: () => token });
      await assert.rejects(
        music.catalog.getSong("1"),
        (error: Error) => /trim/.test(error.message) && !/canary/.test(error.message),
      );
      music.close();
    }
  });
});

describe("the time for calls", () => {
  it("is not negative", () => {
    for (const timeoutMs of [-1, Number.NaN]) {
      assert.throws(() => new Client("127.0.0.1:1", { timeoutMs }), /timeoutMs/);
    }
    new Client("127.0.0.1:1", { timeoutMs: 0 }).close();
  });
});

describe("TLS", () => {
  it("takes a certificate with its key only, and no socket", () => {
    assert.throws(() => new Client("localhost:1", { tls: { cert: "x" } }), /go together/);
    assert.throws(() => new Client("unix:///x", { tls: true }), /leave tls out/);
  });
});
