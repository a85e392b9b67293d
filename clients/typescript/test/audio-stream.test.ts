import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import {
  AudioContainer,
  AudioEventKind,
  Client,
  ClientClosedError,
  ConnectionError,
  IncompleteStreamError,
  ProtocolError,
  type AudioStream,
  type SongStreamOptions,
} from "../src/index.js";
import { ErrorInfoSchema, RetryInfoSchema } from "../src/gen/google/rpc/error_details_pb.js";
import {
  AudioService,
  type AudioStreamRequest,
  type AudioStreamResponseSchema,
} from "../src/v1.js";
import { FakeServer, until } from "./fake-server.js";

type Frame = NonNullable<MessageInitShape<typeof AudioStreamResponseSchema>["frame"]>;

const SONG = Uint8Array.from({ length: 100 }, (_, index) => index);
const TOTAL = BigInt(SONG.length);

const header = (fields: object = {}): Frame => ({
  case: "header",
  value: { songId: "1", totalBytes: TOTAL, etag: "e1", seekable: true, ...fields },
});
const chunk = (from: number, to: number): Frame => ({
  case: "chunk",
  value: { byteOffset: BigInt(from), data: SONG.subarray(from, to) },
});
const summary = (count: number): Frame => ({
  case: "summary",
  value: { byteCount: BigInt(count) },
});
const event = (kind: AudioEventKind): Frame => ({ case: "event", value: { kind } });

/** What one call sends: frames, and an error last if it is to fail. */
type Script = (request: AudioStreamRequest) => readonly (Frame | Error | "cut" | "hang")[];

/** Reads a stream from a server that answers call after call by these scripts. */
async function play<T>(
  scripts: readonly Script[],
  use: (stream: AudioStream, requests: AudioStreamRequest[], music: Client) => Promise<T>,
  options: SongStreamOptions = {},
): Promise<T> {
  const requests: AudioStreamRequest[] = [];
  await using server = await FakeServer.start((router) => {
    router.service(AudioService, {
      async *audioStream(request, context) {
        let sent = 0n;
        requests.push(request);
        const script = scripts[requests.length - 1] ?? scripts.at(-1);
        for (const frame of script?.(request) ?? []) {
          if (frame instanceof Error) {
            throw frame;
          }
          if (frame === "cut") {
            await until(() => reader.position === sent, "what was sent has come");
            server.cut();
            return;
          }
          if (frame === "hang") {
            await ended(context);
            return;
          }
          if (frame.case === "chunk") {
            sent = (frame.value.byteOffset ?? 0n) + BigInt(frame.value.data?.length ?? 0);
          }
          yield { frame };
        }
      },
    });
  });
  const music = new Client(server.target, { backoff: { attempts: 3, initialMs: 1, maximumMs: 2 } });
  const reader = music.audio.stream("1", options);
  try {
    return await use(reader, requests, music);
  } finally {
    music.close();
  }
}

async function ended({ signal }: HandlerContext): Promise<void> {
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve());
  });
}

async function bytes(stream: AudioStream): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream.bytes()) {
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const whole: Script = () => [header(), chunk(0, 60), chunk(60, 100), summary(100)];
const away = new ConnectError("going down", Code.Unavailable, {}, [
  { desc: ErrorInfoSchema, value: { domain: "applemusic.v1", reason: "SERVER_DRAINING" } },
]);
const appleAway = new ConnectError("Apple is away", Code.Unavailable, {}, [
  { desc: ErrorInfoSchema, value: { domain: "applemusic.v1", reason: "UPSTREAM_UNAVAILABLE" } },
  { desc: RetryInfoSchema, value: { retryDelay: { nanos: 1_000_000 } } },
]);

describe("a stream of audio", () => {
  it("is whole", async () => {
    await play([whole], async (stream, requests) => {
      assert.equal(stream.header, undefined);
      assert.equal((await stream.start()).etag, "e1");
      assert.deepEqual(await bytes(stream), Buffer.from(SONG));
      assert.ok(stream.complete);
      assert.equal(stream.summary?.byteCount, TOTAL);
      assert.equal(stream.position, TOTAL);
      assert.equal(stream.resumeCount, 0);
      assert.equal(requests.length, 1);
      assert.equal(requests[0]?.container, AudioContainer.FMP4);
      assert.equal(await stream.read(), undefined);
    });
  });

  it("begins where it is told", async () => {
    const [at, burst] = await play(
      [() => [header(), summary(0)]],
      async (stream, requests) => {
        await assert.rejects(bytes(stream), IncompleteStreamError);
        return [requests[0]?.start, requests[0]?.burstDuration] as const;
      },
      { startMs: 1500, burstMs: 20_000 },
    );
    assert.equal(burst?.seconds, 20n);
    assert.equal(at?.case, "startOffset");
    assert.deepEqual(at.value, { ...at.value, seconds: 1n, nanos: 500_000_000 });
    assert.throws(() => new Client().audio.stream("1", { startMs: 1, byteOffset: 1 }), /not both/);
  });

  it("goes on with the first byte that is missing", async () => {
    const rest: Script = ({ start }) => {
      const from = start.case === "byteOffset" ? Number(start.value) : 0;
      return [header({ byteOffset: BigInt(from) }), chunk(from, 100), summary(100 - from)];
    };
    for (const end of [away, "cut"] as const) {
      await play([() => [header(), chunk(0, 33), end], rest], async (stream, requests) => {
        assert.deepEqual(await bytes(stream), Buffer.from(SONG));
        assert.equal(stream.resumeCount, 1);
        assert.deepEqual(requests[1]?.start, { case: "byteOffset", value: 33n });
        assert.equal(requests[1].etag, "e1");
      });
    }
  });

  it("asks for the last byte again when only the summary is missing", async () => {
    const rest: Script = () => [header({ byteOffset: 99n }), chunk(99, 100), summary(1)];
    await play([() => [header(), chunk(0, 100), away], rest], async (stream, requests) => {
      assert.deepEqual(await bytes(stream), Buffer.from(SONG));
      assert.deepEqual(requests[1]?.start, { case: "byteOffset", value: 99n });
    });
  });

  it("leaves out what has come before", async () => {
    const overlapping: Script = () => [
      header({ byteOffset: 40n }),
      chunk(40, 70),
      chunk(70, 100),
      summary(60),
    ];
    await play(
      [overlapping],
      async (stream) => {
        assert.deepEqual(await bytes(stream), Buffer.from(SONG.subarray(40)));
      },
      { byteOffset: 40 },
    );
  });

  it("gives up when that does not help", async () => {
    await play([() => [header(), chunk(0, 10), away], () => [away]], async (stream, requests) => {
      await assert.rejects(bytes(stream), { reason: "SERVER_DRAINING" });
      assert.equal(requests.length, 4);
      assert.equal(stream.position, 10n);
    });
  });

  it("counts anew once something came", async () => {
    const bit: Script = ({ start }) => {
      const from = start.case === "byteOffset" ? Number(start.value) : 0;
      const parts = [header({ byteOffset: BigInt(from) }), chunk(from, from + 20)];
      return from === 80 ? [...parts, summary(20)] : [...parts, away];
    };
    await play([bit], async (stream, requests) => {
      assert.deepEqual(await bytes(stream), Buffer.from(SONG));
      assert.equal(requests.length, 5);
      assert.equal(stream.resumeCount, 4);
    });
  });

  it("tries a start that fails because of Apple once more only", async () => {
    await play([() => [appleAway]], async (stream, requests) => {
      await assert.rejects(stream.start(), { reason: "UPSTREAM_UNAVAILABLE" });
      assert.equal(requests.length, 2);
    });
  });

  it("is not taken up again when it is live", async () => {
    const live = header({ seekable: false, totalBytes: 0n });
    await play([() => [live, chunk(0, 10), away]], async (stream, requests) => {
      await assert.rejects(bytes(stream), { reason: "SERVER_DRAINING" });
      assert.equal(requests.length, 1);
    });
  });

  it("is not taken up again as another one", async () => {
    const other: Script = () => [header({ byteOffset: 10n, etag: "e2" })];
    await play([() => [header(), chunk(0, 10), away], other], async (stream) => {
      await assert.rejects(bytes(stream), { reason: "MEDIA_CHANGED", advice: "restart" });
    });
  });

  it("tells events in their order, keep-alive ones only to who listens", async () => {
    const heard: AudioEventKind[] = [];
    const { KEEP_ALIVE, STALLED, FLOWING } = AudioEventKind;
    await play(
      [
        () => [
          header(),
          event(KEEP_ALIVE),
          event(STALLED),
          chunk(0, 100),
          event(FLOWING),
          summary(100),
        ],
      ],
      async (stream) => {
        await stream.read();
        assert.deepEqual(heard, [KEEP_ALIVE, STALLED]);
        await bytes(stream);
        assert.deepEqual(heard, [KEEP_ALIVE, STALLED, FLOWING]);
        assert.deepEqual(
          stream.events.map(({ kind }) => kind),
          [STALLED, FLOWING],
        );
      },
      { onEvent: ({ kind }) => heard.push(kind) },
    );
  });
});

describe("a stream that breaks the contract", () => {
  const cases: readonly [string, Script, new (...args: never[]) => Error][] = [
    ["without a header", () => [chunk(0, 10)], ProtocolError],
    ["without anything", () => [], IncompleteStreamError],
    ["with a second header", () => [header(), header()], ProtocolError],
    ["with a gap", () => [header(), chunk(0, 10), chunk(11, 100)], ProtocolError],
    ["with an overlap", () => [header(), chunk(0, 10), chunk(9, 100)], ProtocolError],
    ["without a summary", () => [header(), chunk(0, 100)], IncompleteStreamError],
    ["with too few bytes", () => [header(), chunk(0, 99), summary(99)], IncompleteStreamError],
    ["that counts otherwise", () => [header(), chunk(0, 100), summary(99)], IncompleteStreamError],
    ["that goes on", () => [header(), chunk(0, 100), summary(100), summary(100)], ProtocolError],
    ["at another place", () => [header({ byteOffset: 5n })], ProtocolError],
  ];
  for (const [what, script, kind] of cases) {
    it(`${what} is an error`, async () => {
      await play([script], async (stream, requests) => {
        await assert.rejects(bytes(stream), kind);
        assert.equal(requests.length, 1);
        assert.ok(!stream.complete);
      });
    });
  }

  it("after its summary is not taken for complete", async () => {
    await play([() => [header(), chunk(0, 100), summary(100), away]], async (stream) => {
      await assert.rejects(bytes(stream), IncompleteStreamError);
    });
  });
});

describe("leaving a stream", () => {
  const endless: Script = () => [header(), chunk(0, 10), chunk(10, 20), "hang"];

  it("ends it at the server", async () => {
    await play([endless], async (stream, _requests, music) => {
      for await (const { byteOffset } of stream) {
        if (byteOffset === 10n) {
          break;
        }
      }
      await assert.rejects(stream.read(), ClientClosedError);
      music.close();
    });
  });

  it("ends a read that waits", async () => {
    await play([endless], async (stream) => {
      await stream.read();
      await stream.read();
      const waiting = stream.read();
      setTimeout(() => stream.close(), 10);
      await assert.rejects(waiting, ClientClosedError);
      assert.equal(stream.position, 20n);
    });
  });

  it("by a signal throws its reason", async () => {
    const stop = new AbortController();
    await play(
      [endless],
      async (stream) => {
        setTimeout(() => stop.abort(), 20);
        await assert.rejects(bytes(stream), { name: "AbortError" });
      },
      { signal: stop.signal },
    );
  });

  it("by closing the client is told apart", async () => {
    await play([endless], async (stream, _requests, music) => {
      await stream.read();
      setTimeout(() => music.close(), 10);
      await assert.rejects(bytes(stream), ClientClosedError);
    });
  });

  it("at the end of a block", async () => {
    await play([endless], async (stream) => {
      {
        await using block = stream;
        await block.start();
      }
      await assert.rejects(stream.read(), ClientClosedError);
    });
  });

  it("that nobody can reach is an error after all attempts", async () => {
    const server = await FakeServer.start(() => undefined);
    const { target } = server;
    await server[Symbol.asyncDispose]();
    await until(() => server.connections === 0, "closed");
    const music = new Client(target, { backoff: { attempts: 2, initialMs: 1 } });
    await assert.rejects(music.audio.stream("1").start(), ConnectionError);
    music.close();
  });
});
