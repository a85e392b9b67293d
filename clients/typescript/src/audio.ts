/** Audio: streams of songs, and what is prepared for the next. */

import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { AudioStream, type AudioReading } from "./audio-stream.js";
import type { AccountOptions, Calls } from "./calls.js";
import { AudioContainer, type PreparedAudio } from "./gen/v1.js";

/** What any stream takes. */
export interface StreamOptions extends AudioReading {
  /** Account that listens; left out, the client's. */
  readonly account?: string | undefined;
  /** Form of the audio; left out, fragmented MP4. */
  readonly container?: AudioContainer | undefined;
  /** Songs that will be played after this one, at most 5. */
  readonly nextSongIds?: readonly string[] | undefined;
}

/** What a stream of a song takes. */
export interface SongStreamOptions extends StreamOptions {
  /**
   * Position in the song to begin at, in milliseconds; not together with `byteOffset`. Where
   * `header.seekable` is false it is refused with `INVALID_FIELD`.
   */
  readonly startMs?: number | undefined;
  /** Byte of the whole stream to begin with, to go on with an earlier one. */
  readonly byteOffset?: bigint | number | undefined;
  /** `header.etag` of the stream that `byteOffset` goes on with. */
  readonly etag?: string | undefined;
  /**
   * Plays the 30-second preview where the song itself cannot be played for good (no Widevine device,
   * no subscription, withdrawn ...); `header.source` says `PREVIEW` then. Goes for `nextSongIds`, too.
   */
  readonly allowPreview?: boolean | undefined;
  /**
   * Audio to have at once, in milliseconds, for callers that fill a buffer from the beginning to play
   * from the middle of it; the server gives at most what its operator allows.
   */
  readonly burstMs?: number | undefined;
}

/** Streams of audio, for a listening person. */
export class Audio {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /**
   * Returns a stream of a song; it begins with the first read.
   *
   * @param songId Catalog id (digits) or library id (`i.…`).
   * @throws TypeError Both offsets are given.
   */
  stream(songId: string, options: SongStreamOptions = {}): AudioStream {
    const { startMs, byteOffset } = options;
    if (startMs !== undefined && byteOffset !== undefined) {
      throw new TypeError("give startMs or byteOffset, not both");
    }
    const start =
      startMs !== undefined
        ? ({ case: "startOffset", value: durationFromMs(startMs) } as const)
        : byteOffset !== undefined
          ? ({ case: "byteOffset", value: BigInt(byteOffset) } as const)
          : { case: undefined };
    return new AudioStream(
      this.#calls,
      {
        ...this.#fields(options),
        item: { case: "songId", value: songId },
        start,
        etag: options.etag ?? "",
        allowPreview: options.allowPreview ?? false,
        ...(options.burstMs === undefined
          ? {}
          : { burstDuration: durationFromMs(options.burstMs) }),
      },
      options,
    );
  }

  /**
   * Returns a stream of a broadcast station (`ra.…`), which goes on without end.
   *
   * Live audio that is missed is gone: such a stream is not taken up again when it breaks, only asked
   * for anew. Reading fails with `STATION_NOT_LIVE` for a station that plays songs one by one, and with
   * `LIVE_STATION_PROTECTED` for Apple's own. Events say what is heard (`NOW_PLAYING`) and that
   * something was left out (`GAP`).
   */
  streamStation(stationId: string, options: StreamOptions = {}): AudioStream {
    const item = { case: "stationId", value: stationId } as const;
    return new AudioStream(this.#calls, { ...this.#fields(options), item }, options);
  }

  /**
   * Says what will be played next, so that it starts at once. Replaces the list before.
   *
   * @param songIds The next first, at most 5; none drops what was prepared.
   * @returns How far each song is, in the order asked for.
   */
  async prepare(
    songIds: readonly string[],
    options: AccountOptions & { readonly container?: AudioContainer | undefined } = {},
  ): Promise<PreparedAudio[]> {
    const response = await this.#calls.raw.audio.prepareAudio(
      {
        account: this.#calls.account(options),
        songIds: [...songIds],
        container: options.container ?? AudioContainer.FMP4,
      },
      this.#calls.rpc(options),
    );
    return response.prepared;
  }

  /** Returns the songs that are being prepared, the next first. */
  async prepared(options: AccountOptions = {}): Promise<PreparedAudio[]> {
    const request = { account: this.#calls.account(options) };
    const response = await this.#calls.raw.audio.listPreparedAudio(
      request,
      this.#calls.rpc(options),
    );
    return response.prepared;
  }

  #fields(options: StreamOptions): {
    account: string;
    container: AudioContainer;
    nextSongIds: string[];
  } {
    return {
      account: this.#calls.account(options),
      container: options.container ?? AudioContainer.FMP4,
      nextSongIds: [...(options.nextSongIds ?? [])],
    };
  }
}
