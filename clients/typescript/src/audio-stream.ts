/** One stream of audio: read, checked, and taken up again when it breaks. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Calls } from "./calls.js";
import {
  AppleMusicError,
  ClientClosedError,
  IncompleteStreamError,
  isUnavailable,
  ProtocolError,
} from "./errors.js";
import {
  AudioEventKind,
  type AudioChunk,
  type AudioEvent,
  type AudioHeader,
  type AudioStreamRequestSchema,
  type AudioStreamResponse,
  type AudioSummary,
} from "./gen/v1.js";
import { Attempts, mostAttempts } from "./reconnect.js";
import { linked } from "./waiting.js";

type Frame = AudioStreamResponse["frame"];
type StreamRequest = MessageInitShape<typeof AudioStreamRequestSchema>;

const EVENTS_KEPT = 256;

/** How a stream is read. */
export interface AudioReading {
  /** Called with each event, in order, before the chunks that come after it. */
  readonly onEvent?: ((event: AudioEvent) => void) | undefined;
  /** Ends the stream; reading then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The audio of one song, as chunks that join without gap or overlap.
 *
 *     const stream = music.audio.stream("1440857781");
 *     for await (const chunk of stream) player.write(chunk.data);
 *
 * Leaving the loop ends the stream. A connection that breaks (`UNAVAILABLE`, nothing else) is taken up
 * again at the first byte that is missing, with back-off; an error is thrown only when that does not
 * help. A start that fails because of Apple is tried once more only. The iteration ends without an
 * error if and only if the server said that the stream is complete. One reader at a time.
 */
export class AudioStream implements AsyncIterable<AudioChunk>, AsyncDisposable {
  readonly #attempts: Attempts;
  readonly #calls: Calls;
  readonly #ends: ReturnType<typeof linked>;
  readonly #events: AudioEvent[] = [];
  readonly #reading: AudioReading;
  readonly #request: StreamRequest;
  #callPosition = 0n; // byte that comes next in the present call
  #callStart = 0n; // byte with which the present call began
  #frames: AsyncIterator<AudioStreamResponse> | undefined;
  #header: AudioHeader | undefined;
  #position = 0n; // byte that comes next
  #resumeCount = 0;
  #summary: AudioSummary | undefined;

  /** Notes what to ask for; nothing is sent before the first read. */
  constructor(calls: Calls, request: StreamRequest, reading: AudioReading) {
    this.#calls = calls;
    this.#request = request;
    this.#reading = reading;
    this.#attempts = new Attempts(calls);
    this.#ends = linked(reading.signal);
  }

  /** What is sent; `undefined` until the stream has started. */
  get header(): AudioHeader | undefined {
    return this.#header;
  }

  /** What was sent (by the last call, when it was taken up again); `undefined` until it is complete. */
  get summary(): AudioSummary | undefined {
    return this.#summary;
  }

  /** True if and only if everything came and the server said so. */
  get complete(): boolean {
    return this.#summary !== undefined;
  }

  /** The last 256 events so far, keep-alive ones left out. */
  get events(): readonly AudioEvent[] {
    return this.#events;
  }

  /** Byte of the stream that comes next; with `header.etag` enough to go on later. */
  get position(): bigint {
    return this.#position;
  }

  /** How often the stream broke and was taken up again. */
  get resumeCount(): number {
    return this.#resumeCount;
  }

  /** Asks for the stream, if that has not been done, and returns its header. */
  async start(): Promise<AudioHeader> {
    return this.#header ?? (await this.#persist(() => this.#open()), this.#started());
  }

  /** Returns the next chunk; `undefined` when the stream is complete. */
  async read(): Promise<AudioChunk | undefined> {
    await this.start();
    while (this.#summary === undefined) {
      const frame = await this.#persist(() => this.#receive());
      if (frame?.case === "event") {
        this.#takeEvent(frame.value);
      } else if (frame?.case === "chunk") {
        return frame.value;
      }
    }
    return undefined;
  }

  /** Ends the stream: the server stops sending. Does nothing to one that is complete. */
  close(): void {
    this.#ends.controller.abort(new ClientClosedError("the stream was closed"));
    this.#ends.unlink();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<AudioChunk, void, undefined> {
    try {
      for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) {
        yield chunk;
      }
    } finally {
      this.close();
    }
  }

  /** Iterates over the bytes alone, as `pipeline()` and `Readable.from()` take them. */
  async *bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of this) {
      yield chunk.data;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** Does a step, again after a while when the server is away. */
  async #persist<T>(step: () => Promise<T>): Promise<T> {
    for (;;) {
      this.#ends.controller.signal.throwIfAborted();
      try {
        return await step();
      } catch (error) {
        this.#frames = undefined;
        if (!isUnavailable(error) || this.#header?.seekable === false) {
          throw error;
        }
        // At the start somebody waits; in the middle there is time to try more often.
        const most = this.#header === undefined ? mostAttempts(error) : undefined;
        await this.#attempts.wait(error, this.#ends.controller.signal, most);
        this.#resumeCount += this.#header === undefined ? 0 : 1;
      }
    }
  }

  /** Returns the next chunk or event; nothing for the summary and for what has come before. */
  async #receive(): Promise<Frame | undefined> {
    const frames = this.#frames ?? (await this.#open());
    const next = await frames.next();
    if (next.done === true) {
      throw new IncompleteStreamError(
        `the server ended the stream at byte ${this.#position} without a summary`,
      );
    }
    const { frame } = next.value;
    switch (frame.case) {
      case "chunk": {
        const value = this.#takeChunk(frame.value);
        return value && { case: "chunk", value };
      }
      case "event":
        return frame;
      case "summary":
        await this.#takeSummary(frame.value, frames);
        return undefined;
      case "header":
        throw new ProtocolError("the server sent a second header");
      case undefined:
        return undefined; // of a newer contract
    }
  }

  /** Makes a call, from the present position when there is one, and takes its header. */
  async #open(): Promise<AsyncIterator<AudioStreamResponse>> {
    const request: StreamRequest = { ...this.#request };
    if (this.#header !== undefined) {
      request.start = { case: "byteOffset", value: this.#resumeOffset(this.#header) };
      request.etag = this.#header.etag;
    }
    const messages = this.#calls.raw.audio.audioStream(request, {
      signal: this.#ends.controller.signal,
    });
    const frames = messages[Symbol.asyncIterator]();
    const first = await frames.next();
    if (first.done === true) {
      throw new IncompleteStreamError("the server ended the stream without a header");
    }
    if (first.value.frame.case !== "header") {
      throw new ProtocolError("the server's stream does not begin with a header");
    }
    const asked = request.start?.case === "byteOffset" ? request.start.value : 0n;
    this.#takeHeader(first.value.frame.value, asked);
    this.#frames = frames;
    return frames;
  }

  /**
   * Returns the byte to go on with: the next one, if that is known to be one.
   *
   * Past the end there is nothing to ask for, and only the summary is missing: the last byte comes
   * again then, and is left out.
   */
  #resumeOffset(header: AudioHeader): bigint {
    if (this.#position < header.totalBytes) {
      return this.#position;
    }
    const last = this.#position - 1n;
    return last > header.byteOffset ? last : header.byteOffset;
  }

  #takeHeader(header: AudioHeader, asked: bigint): void {
    if (header.byteOffset !== asked) {
      throw new ProtocolError(
        `asked for byte ${asked}, and the stream begins at byte ${header.byteOffset}`,
      );
    }
    if (this.#header === undefined) {
      this.#header = header;
      this.#position = header.byteOffset;
    } else if (header.etag !== this.#header.etag || header.container !== this.#header.container) {
      throw new AppleMusicError("the song is another one since the stream broke: start again", {
        code: "ABORTED",
        reason: "MEDIA_CHANGED",
      });
    }
    this.#callStart = header.byteOffset;
    this.#callPosition = header.byteOffset;
  }

  /** Returns what is new in a chunk; `undefined` when nothing is. */
  #takeChunk(chunk: AudioChunk): AudioChunk | undefined {
    if (chunk.byteOffset !== this.#callPosition) {
      throw new ProtocolError(
        `byte ${this.#callPosition} was due, and byte ${chunk.byteOffset} came`,
      );
    }
    const length = BigInt(chunk.data.length);
    this.#callPosition += length;
    const seen = this.#position - chunk.byteOffset;
    if (seen >= length) {
      return undefined;
    }
    if (seen > 0n) {
      chunk.data = chunk.data.subarray(Number(seen));
      chunk.byteOffset = this.#position;
    }
    this.#position = this.#callPosition;
    this.#attempts.progressed();
    return chunk;
  }

  #takeEvent(event: AudioEvent): void {
    if (event.kind !== AudioEventKind.KEEP_ALIVE) {
      this.#events.push(event);
      if (this.#events.length > EVENTS_KEPT) {
        this.#events.shift();
      }
    }
    this.#reading.onEvent?.(event);
  }

  /** Takes the summary once everything shows that the stream is complete. */
  async #takeSummary(
    summary: AudioSummary,
    frames: AsyncIterator<AudioStreamResponse>,
  ): Promise<void> {
    const came = this.#callPosition - this.#callStart;
    if (summary.byteCount !== came || this.#callPosition !== this.#position) {
      throw new IncompleteStreamError(`the server sent ${summary.byteCount} bytes, ${came} came`);
    }
    const total = this.#started().totalBytes;
    if (total !== 0n && this.#position !== total) {
      throw new IncompleteStreamError(`the stream ended at byte ${this.#position} of ${total}`);
    }
    let after: IteratorResult<AudioStreamResponse>;
    try {
      after = await frames.next();
    } catch (error) {
      if (isUnavailable(error)) {
        throw new IncompleteStreamError(
          `the stream broke after its summary: ${error.message}`,
          error,
        );
      }
      throw error;
    }
    if (after.done !== true) {
      throw new ProtocolError("the server sent more after the summary");
    }
    this.#summary = summary;
    this.#ends.unlink();
  }

  #started(): AudioHeader {
    if (this.#header === undefined) {
      throw new ProtocolError("the stream has no header");
    }
    return this.#header;
  }
}
