/**
 * TypeScript client of the Apple Music gRPC plugin server.
 *
 *     import { Client } from "applemusic-grpc";
 *
 *     const music = new Client("127.0.0.1:50051");
 *     for await (const song of music.catalog.artistTopSongs("178834")) console.log(song.name);
 *
 * @module
 */

export { Client, DEFAULT_TARGET } from "./client.js";
export type { Backoff, ClientOptions, ReadDefaults, TlsOptions } from "./config.js";
export type { AccountOptions, CallOptions, ListOptions, RawClients, ReadOptions } from "./calls.js";
export {
  AppleMusicError,
  ClientClosedError,
  ConnectionError,
  IncompleteStreamError,
  isUnavailable,
  ProtocolError,
  type FieldViolation,
  type HelpLink,
} from "./errors.js";
export type { Advice, Reason } from "./advice.js";
export type { StatusCode } from "./status.js";
export type { Batch, Page, Pager } from "./paging.js";
export { AudioStream, type AudioReading } from "./audio-stream.js";
export type { Audio, SongStreamOptions, StreamOptions } from "./audio.js";
export type { Auth, NamedOptions, WatchOptions } from "./auth.js";
export type { Catalog, SearchOptions } from "./catalog.js";
export type { ChartOptions } from "./catalog-lookup.js";
export type { Favorites } from "./favorites.js";
export type { Library, SyncChange, SyncOptions } from "./library.js";
export type { Radio } from "./radio.js";
export type { Recommendations } from "./recommendations.js";
export type { AnyResource, Referable, Reference } from "./references.js";
export type { Server } from "./server.js";

// What is said and read most often; everything else of the contract is in "applemusic-grpc/v1".
export {
  AccountEventKind,
  AccountState,
  ArtistAlbumKind,
  AudioContainer,
  AudioEventKind,
  AudioSource,
  Availability,
  CheckStatus,
  ContentRating,
  FavoriteState,
  LyricsTiming,
  PlaylistKind,
  Preparation,
  Relation,
  ResourceType,
  ServerState,
  SignInState,
  StationKind,
  StationList,
  SubscriptionState,
  View,
} from "./gen/v1.js";
export type {
  Account,
  Album,
  Artist,
  AudioChunk,
  AudioEvent,
  AudioHeader,
  AudioSummary,
  Genre,
  Lyrics,
  MusicVideo,
  Playlist,
  PlaylistFolder,
  PreparedAudio,
  Recommendation,
  Resource,
  Song,
  Station,
  Track,
} from "./gen/v1.js";
export { durationMs as toMs, timestampDate as toDate } from "@bufbuild/protobuf/wkt";
