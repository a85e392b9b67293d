import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import {
  AppleMusicError,
  Client,
  ClientClosedError,
  ConnectionError,
  IncompleteStreamError,
  type ClientOptions,
} from "../src/index.js";
import {
  ErrorInfoSchema,
  HelpSchema,
  RetryInfoSchema,
} from "../src/gen/google/rpc/error_details_pb.js";
import {
  AuthService,
  CatalogService,
  LibraryService,
  ServerService,
  ServerState,
} from "../src/v1.js";
import { FakeServer, until } from "./fake-server.js";

const DOMAIN = "applemusic.v1";

/** A server whose GetSong does this. */
async function songs(
  getSong: (id: string, context: HandlerContext) => Promise<{ song: { id: string } }>,
): Promise<FakeServer> {
  return FakeServer.start((router) => {
    router.service(CatalogService, { getSong: ({ id }, context) => getSong(id, context) });
  });
}

async function withClient<T>(
  server: FakeServer,
  use: (music: Client) => Promise<T>,
  options: ClientOptions = {},
): Promise<T> {
  const music = new Client(server.target, options);
  try {
    return await use(music);
  } finally {
    music.close();
    await server[Symbol.asyncDispose]();
  }
}

function unavailable(pushback?: string): ConnectError {
  const headers = pushback === undefined ? {} : { "grpc-retry-pushback-ms": pushback };
  return new ConnectError("Apple is away", Code.Unavailable, headers, [
    { desc: ErrorInfoSchema, value: { domain: DOMAIN, reason: "UPSTREAM_UNAVAILABLE" } },
  ]);
}

/** Does nothing until the call ends. */
async function hang({ signal }: HandlerContext): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("ended")));
  });
}

/** A handler that fails so often and then succeeds; how often it was asked. */
function failing(
  times: number,
  error: () => ConnectError,
): {
  asked: () => number;
  getSong: (id: string) => Promise<{ song: { id: string } }>;
} {
  let asked = 0;
  const getSong = (id: string): Promise<{ song: { id: string } }> => {
    asked += 1;
    return asked <= times ? Promise.reject(error()) : Promise.resolve({ song: { id } });
  };
  return { asked: () => asked, getSong };
}

describe("retries", () => {
  it("are made where the service config says so", async () => {
    const { asked, getSong } = failing(2, () => unavailable("1"));
    const song = await withClient(await songs(getSong), (music) => music.catalog.getSong("7"));
    assert.equal(song.id, "7");
    assert.equal(asked(), 3);
  });

  it("are not made where the server says so", async () => {
    const { asked, getSong } = failing(1, () => unavailable("-1"));
    await withClient(await songs(getSong), async (music) => {
      await assert.rejects(music.catalog.getSong("7"), { reason: "UPSTREAM_UNAVAILABLE" });
    });
    assert.equal(asked(), 1);
  });

  it("end with the attempts", async () => {
    const { asked, getSong } = failing(9, () => unavailable("1"));
    await withClient(await songs(getSong), async (music) => {
      await assert.rejects(music.catalog.getSong("7"), { code: "UNAVAILABLE", advice: "retry" });
    });
    assert.equal(asked(), 4);
  });

  it("end with the deadline", async () => {
    const { asked, getSong } = failing(9, () => unavailable("60000"));
    await withClient(await songs(getSong), async (music) => {
      const started = performance.now();
      const call = music.catalog.getSong("7", { timeoutMs: 20_000 });
      await assert.rejects(call, { code: "UNAVAILABLE" });
      assert.ok(performance.now() - started < 20_000, "what would come too late is not waited for");
    });
    assert.equal(asked(), 1);
  });

  it("are not made of other failures, nor of writes that twice would do harm", async () => {
    const broken = failing(1, () => new ConnectError("a defect", Code.Internal));
    await withClient(await songs(broken.getSong), async (music) => {
      await assert.rejects(music.catalog.getSong("7"), { code: "INTERNAL" });
    });
    assert.equal(broken.asked(), 1);
    let writes = 0;
    const server = await FakeServer.start((router) => {
      router.service(LibraryService, {
        movePlaylistTracks: () => {
          writes += 1;
          throw unavailable("1");
        },
      });
    });
    await withClient(server, async (music) => {
      const move = { startIndex: 0, targetIndex: 1 };
      await assert.rejects(music.library.movePlaylistTracks("p.1", move), { code: "UNAVAILABLE" });
    });
    assert.equal(writes, 1);
  });

  it("give up waiting when the caller does, or the client closes", async () => {
    const { getSong } = failing(9, () => unavailable("60000"));
    await withClient(
      await songs(getSong),
      async (music) => {
        const reason = new Error("no patience");
        const signal = AbortSignal.timeout(20);
        await assert.rejects(music.catalog.getSong("7", { signal }), { name: "TimeoutError" });
        const stop = new AbortController();
        setTimeout(() => stop.abort(reason), 20);
        await assert.rejects(music.catalog.getSong("7", { signal: stop.signal }), reason);
        setTimeout(() => music.close(), 20);
        await assert.rejects(music.catalog.getSong("7"), ClientClosedError);
        await assert.rejects(music.catalog.getSong("7"), ClientClosedError);
      },
      { timeoutMs: 0 },
    );
  });
});

describe("calls", () => {
  it("carry the token, the time that is left, and who calls", async () => {
    let seen = new Headers();
    const server = await songs((id, context) => {
      seen = context.requestHeader;
      return Promise.resolve({ song: { id } });
    });
    await withClient(server, (music) => music.catalog.getSong("7", { timeoutMs: 1500.5 }), {
      accessToken: "amg_token",
    });
    assert.equal(seen.get("authorization"), "Bearer amg_token");
    assert.equal(seen.get("user-agent"), "applemusic-typescript");
    assert.match(seen.get("grpc-timeout") ?? "", /^1[0-5]\d\dm$/);
  });

  it("ask for the token each time, and go through the caller's hooks", async () => {
    const seen: (string | null)[] = [];
    const { asked, getSong } = failing(1, () => unavailable("1"));
    const server = await songs((id, context) => {
      seen.push(context.requestHeader.get("authorization"));
      return getSong(id);
    });
    let made = 0;
    let hooked = 0;
    await withClient(server, (music) => music.catalog.getSong("7"), {
      accessToken: () => Promise.resolve(`amg_${(made += 1)}`),
      interceptors: [
        (next) => (request) => {
          hooked += 1;
          return next(request);
        },
      ],
    });
    assert.equal(asked(), 2);
    assert.equal(hooked, 2);
    assert.deepEqual(seen, ["Bearer amg_1", "Bearer amg_2"]);
  });

  it("fail with what the token's function throws", async () => {
    const failure = new Error("the vault is closed");
    const server = await songs((id) => Promise.resolve({ song: { id } }));
    await withClient(
      server,
      async (music) => {
        await assert.rejects(music.catalog.getSong("7"), failure);
        await assert.rejects(music.audio.stream("7").start(), failure);
      },
      { accessToken: () => Promise.reject(failure) },
    );
  });

  it("take 60 s unless somebody says otherwise", async () => {
    const timeouts: (string | null)[] = [];
    const server = await songs((id, context) => {
      timeouts.push(context.requestHeader.get("grpc-timeout"));
      return Promise.resolve({ song: { id } });
    });
    await withClient(server, async (music) => {
      await music.catalog.getSong("7");
      await music.catalog.getSong("7", { timeoutMs: 0 });
    });
    assert.match(timeouts[0] ?? "", /^(?:60000|59\d\d\d)m$/);
    assert.equal(timeouts[1], null);
  });

  it("end at their deadline, here and there", async () => {
    let ended = false;
    const server = await songs((_id, context) => {
      context.signal.addEventListener("abort", () => {
        ended = true;
      });
      return hang(context);
    });
    await withClient(server, async (music) => {
      await assert.rejects(music.catalog.getSong("7", { timeoutMs: 500 }), {
        code: "DEADLINE_EXCEEDED",
      });
      await until(() => ended, "the server hears of it");
    });
  });

  it("end with the caller's signal, here and there", async () => {
    let ended = false;
    const stop = new AbortController();
    const server = await songs((_id, context) => {
      context.signal.addEventListener("abort", () => {
        ended = true;
      });
      stop.abort();
      return hang(context);
    });
    await withClient(server, async (music) => {
      const call = music.catalog.getSong("7", { signal: stop.signal });
      await assert.rejects(call, { name: "AbortError" });
      await until(() => ended, "the server hears of it");
      await assert.rejects(
        music.catalog.getSong("7", { signal: AbortSignal.abort("x") }),
        (error) => error === "x",
      );
    });
  });

  it("share a signal, as many as there are", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => {
      warnings.push(warning);
    };
    process.on("warning", note);
    const server = await songs((id) => Promise.resolve({ song: { id } }));
    await withClient(server, async (music) => {
      const { signal } = new AbortController();
      const ids = Array.from({ length: 50 }, (_each, index) => String(index));
      const found = await Promise.all(ids.map((id) => music.catalog.getSong(id, { signal })));
      assert.deepEqual(
        found.map(({ id }) => id),
        ids,
      );
    });
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    process.off("warning", note);
    assert.deepEqual(warnings, []);
  });

  it("end with the client", async () => {
    const server = await songs((_id, context) => hang(context));
    await withClient(server, async (music) => {
      const call = music.catalog.getSong("7");
      await until(() => server.connections === 1, "connected");
      setTimeout(() => music.close(), 10);
      await assert.rejects(call, ClientClosedError);
    });
  });

  it("connect again after the connection broke", async () => {
    const server = await songs((id) => Promise.resolve({ song: { id } }));
    await withClient(server, async (music) => {
      await music.catalog.getSong("1");
      server.cut();
      await until(() => server.connections === 0, "cut");
      assert.equal((await music.catalog.getSong("2")).id, "2");
    });
  });
});

describe("streams", () => {
  it("end at the server when nobody reads on", async () => {
    let ended = false;
    const server = await FakeServer.start((router) => {
      router.service(AuthService, {
        async *watchAccounts(_request, { signal }) {
          signal.addEventListener("abort", () => {
            ended = true;
          });
          for (;;) {
            yield {};
            await new Promise((resolve) => {
              setTimeout(resolve, 1);
            });
          }
        },
      });
    });
    await withClient(server, async (music) => {
      let seen = 0;
      for await (const _event of music.auth.watchAccounts()) {
        seen += 1;
        if (seen === 3) {
          break;
        }
      }
      await until(() => ended, "the server hears of it");
    });
  });

  it("are taken up again when they watch, and tell the state anew", async () => {
    let calls = 0;
    const server = await FakeServer.start((router) => {
      router.service(AuthService, {
        async *watchAccounts(_request, context) {
          calls += 1;
          yield { account: { id: `call${calls}` } };
          if (calls < 3) {
            throw new ConnectError("going down", Code.Unavailable);
          }
          await hang(context);
        },
      });
    });
    await withClient(
      server,
      async (music) => {
        const seen: (string | undefined)[] = [];
        for await (const { account } of music.auth.watchAccounts()) {
          seen.push(account?.id);
          if (seen.length === 3) {
            break;
          }
        }
        assert.deepEqual(seen, ["call1", "call2", "call3"]);
      },
      { backoff: { attempts: 0, initialMs: 1 } },
    );
  });

  it("are taken up at the last checkpoint when they sync", async () => {
    const tokens: string[] = [];
    const server = await FakeServer.start((router) => {
      router.service(LibraryService, {
        async *syncLibrary({ syncToken }) {
          tokens.push(syncToken);
          const syncs = tokens.length;
          const resource = { case: "song", value: { id: `i.${syncs}` } } as const;
          yield { change: { case: "upsert", value: { resource: { resource } } } };
          const value = { syncToken: `t${syncs}`, complete: syncs === 3 };
          if (syncs !== 2) {
            yield { change: { case: "checkpoint", value } };
          }
          if (syncs < 3) {
            throw new ConnectError("going down", Code.Unavailable);
          }
        },
      });
    });
    await withClient(
      server,
      async (music) => {
        const seen: string[] = [];
        for await (const { case: kind } of music.library.sync({ syncToken: "t0" })) {
          seen.push(kind);
        }
        assert.deepEqual(tokens, ["t0", "t1", "t1"]);
        assert.deepEqual(seen, ["upsert", "checkpoint", "upsert", "upsert", "checkpoint"]);
      },
      { backoff: { attempts: 2, initialMs: 1 } },
    );
  });

  it("are incomplete without a final checkpoint", async () => {
    const server = await FakeServer.start((router) => {
      router.service(LibraryService, {
        async *syncLibrary() {
          yield { change: { case: "checkpoint", value: { syncToken: "t1" } } } as const;
        },
      });
    });
    await withClient(server, async (music) => {
      const sync = music.library.sync();
      await sync.next();
      await assert.rejects(sync.next(), IncompleteStreamError);
    });
  });

  it("fail with what is not about the connection", async () => {
    const server = await FakeServer.start((router) => {
      router.service(AuthService, {
        // oxlint-disable-next-line require-yield -- it fails before
        async *watchSignIn() {
          throw new ConnectError("gone", Code.NotFound, {}, [
            { desc: ErrorInfoSchema, value: { domain: DOMAIN, reason: "SIGN_IN_NOT_FOUND" } },
          ]);
        },
      });
    });
    await withClient(server, async (music) => {
      await assert.rejects(music.auth.watchSignIn("x").next(), {
        reason: "SIGN_IN_NOT_FOUND",
        advice: "restart",
      });
    });
  });
});

describe("failures", () => {
  it("carry everything that the status says", async () => {
    const server = await songs(() => {
      throw new ConnectError("too much", Code.ResourceExhausted, { "x-request-id": "r42" }, [
        {
          desc: ErrorInfoSchema,
          value: { domain: DOMAIN, reason: "UPSTREAM_THROTTLED", metadata: { endpoint: "songs" } },
        },
        { desc: RetryInfoSchema, value: { retryDelay: { seconds: 1n, nanos: 500_000_000 } } },
        { desc: HelpSchema, value: { links: [{ description: "read", url: "docs/errors.md" }] } },
      ]);
    });
    const error = await withClient(server, async (music) => {
      try {
        await music.catalog.getSong("7");
      } catch (caught) {
        return caught;
      }
      return undefined;
    });
    assert.ok(error instanceof AppleMusicError);
    assert.equal(error.code, "RESOURCE_EXHAUSTED");
    assert.equal(error.reason, "UPSTREAM_THROTTLED");
    assert.equal(error.message, "too much");
    assert.deepEqual(error.metadata, { endpoint: "songs" });
    assert.equal(error.retryAfterMs, 1500);
    assert.deepEqual(error.links, [{ description: "read", url: "docs/errors.md" }]);
    assert.equal(error.requestId, "r42");
    assert.equal(error.advice, "retry");
  });

  it("take no reason from another domain", async () => {
    const server = await songs(() => {
      throw new ConnectError("no", Code.NotFound, {}, [
        { desc: ErrorInfoSchema, value: { domain: "elsewhere", reason: "ACCOUNT_REQUIRED" } },
      ]);
    });
    await withClient(server, async (music) => {
      await assert.rejects(music.catalog.getSong("7"), { reason: "", advice: "skip" });
    });
  });

  it("say what to do when nothing answers", async () => {
    const server = await songs((_id, context) => hang(context));
    const { target } = server;
    await server[Symbol.asyncDispose]();
    const music = new Client(target);
    await assert.rejects(music.catalog.getSong("7"), (error) => {
      assert.ok(error instanceof ConnectionError);
      assert.match(error.message, /^cannot reach 127.*ECONNREFUSED.*Is the server running/);
      return true;
    });
    await assert.rejects(music.waitReady(60), /nothing answers|ECONNREFUSED.*\(waited 60 ms\)/);
    music.close();
  });

  it("say that a connection broke", async () => {
    let asked = 0;
    const server = await songs((_id, context) => {
      asked += 1;
      server.cut();
      return hang(context);
    });
    await withClient(server, async (music) => {
      await assert.rejects(music.catalog.getSong("7"), ConnectionError);
      assert.equal(asked, 4, "it was tried again");
    });
  });

  it("say that a message is too large", async () => {
    const server = await songs((id) => Promise.resolve({ song: { id, name: "x".repeat(5000) } }));
    await withClient(
      server,
      async (music) => {
        await assert.rejects(music.catalog.getSong("7"), { code: "RESOURCE_EXHAUSTED" });
      },
      { maxReceiveBytes: 1000 },
    );
  });
});

describe("waitReady", () => {
  it("waits for a server that is starting", async () => {
    let asked = 0;
    const server = await FakeServer.start((router) => {
      router.service(ServerService, {
        getServerInfo: () => {
          asked += 1;
          return { state: asked < 3 ? ServerState.STARTING : ServerState.READY };
        },
      });
    });
    await withClient(
      server,
      async (music) => {
        const info = await music.waitReady();
        assert.equal(info.state, ServerState.READY);
        assert.equal(asked, 3);
      },
      { backoff: { initialMs: 1 } },
    );
  });

  it("says what it waited for in vain", async () => {
    const server = await FakeServer.start((router) => {
      router.service(ServerService, { getServerInfo: () => ({ state: ServerState.STARTING }) });
    });
    await withClient(
      server,
      async (music) => {
        await assert.rejects(music.waitReady(1000), /it is still starting \(waited 1000 ms\)/);
      },
      { backoff: { initialMs: 1, maximumMs: 5 } },
    );
  });
});
