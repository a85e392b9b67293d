/** What a player does about an error: the table of docs/errors.md. */

import type { ErrorReason } from "./gen/v1.js";
import type { StatusCode } from "./status.js";

/** A reason of this contract by its name, such as `"RESOURCE_NOT_FOUND"`. */
export type Reason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/**
 * What to do next:
 *
 * - `retry`: the same call again, after `retryAfterMs`, else with back-off; streams go on by offset.
 * - `restart`: again from its beginning: the song, the list, the sync, the sign-in.
 * - `skip`: go on with the next item; this one will not come.
 * - `sign-in`: stop, and have the person sign in.
 * - `tell`: stop, and show the message: the person or the operator has to do something first.
 * - `report`: do not repeat it as it is: the program, the versions or the server are at fault.
 */
export type Advice = "retry" | "restart" | "skip" | "sign-in" | "tell" | "report";

// A reason that the contract gains makes this an error of the compiler, until it has its advice.
const BY_REASON: Readonly<Record<Reason, Advice>> = {
  UPSTREAM_UNAVAILABLE: "retry",
  UPSTREAM_TIMEOUT: "retry",
  UPSTREAM_THROTTLED: "retry",
  UPSTREAM_LIST_TRUNCATED: "retry",
  STREAM_LIMIT_REACHED: "retry",
  SERVER_BUSY: "retry",
  SERVER_DRAINING: "retry",
  STORAGE_UNAVAILABLE: "retry",

  MEDIA_CHANGED: "restart",
  INVALID_PAGE_TOKEN: "restart",
  SYNC_TOKEN_INVALID: "restart",
  SIGN_IN_NOT_FOUND: "restart",
  SIGN_IN_EXPIRED: "restart",

  RESOURCE_NOT_FOUND: "skip",
  LYRICS_NOT_FOUND: "skip",
  STATION_WITHOUT_TRACKS: "skip",
  STATION_NOT_LIVE: "skip",
  PLAYLIST_NOT_EDITABLE: "skip",
  CONTENT_WITHDRAWN: "skip",
  CONTENT_UNAVAILABLE: "skip",
  CONTENT_RESTRICTED: "skip",
  CONTENT_GEO_BLOCKED: "skip",
  RENDITION_NOT_FOUND: "skip",
  LIVE_STATION_PROTECTED: "skip",
  OFFSET_OUT_OF_RANGE: "skip",
  LICENSE_REFUSED: "skip",
  DECRYPTION_KEY_WRONG: "skip",
  MEDIA_MALFORMED: "skip",
  MEDIA_TRUNCATED: "skip",
  UPSTREAM_REFUSED: "skip",
  UPSTREAM_ADDRESS_REFUSED: "skip",
  UPSTREAM_RESPONSE_INVALID: "skip",
  UNSUPPORTED_URL: "skip",

  ACCOUNT_REQUIRED: "sign-in",
  ACCOUNT_NOT_FOUND: "sign-in",
  MUSIC_USER_TOKEN_REJECTED: "sign-in",
  MUSIC_USER_TOKEN_EXPIRED: "sign-in",
  MUSIC_USER_TOKEN_TEAM_MISMATCH: "sign-in",
  MUSIC_USER_TOKEN_IN_USE: "sign-in",
  RENEWAL_REFUSED: "sign-in",

  SUBSCRIPTION_REQUIRED: "tell",
  ANOTHER_DEVICE_PLAYING: "tell",
  DEVICE_LIMIT_REACHED: "tell",
  WIDEVINE_DEVICE_MISSING: "tell",
  WIDEVINE_DEVICE_REJECTED: "tell",
  DEVELOPER_TOKEN_MISSING: "tell",
  DEVELOPER_TOKEN_REJECTED: "tell",
  DEVELOPER_TOKEN_EXPIRED: "tell",
  ACCESS_TOKEN_MISSING: "tell",
  ACCESS_TOKEN_INVALID: "tell",
  ACCESS_DENIED: "tell",
  STORAGE_KEY_MISMATCH: "tell",

  INVALID_FIELD: "report",
  MALFORMED_MESSAGE: "report",
  NOT_YET_IMPLEMENTED: "report",
  CAPABILITY_REFUSED: "report",
  CONTAINER_NOT_SUPPORTED: "report",
  INTERNAL: "report",
};

const BY_CODE: Readonly<Partial<Record<StatusCode, Advice>>> = {
  UNAVAILABLE: "retry",
  RESOURCE_EXHAUSTED: "retry",
  DEADLINE_EXCEEDED: "retry",
  ABORTED: "restart",
  NOT_FOUND: "skip",
  OUT_OF_RANGE: "skip",
  DATA_LOSS: "skip",
  UNAUTHENTICATED: "sign-in",
  PERMISSION_DENIED: "tell",
  FAILED_PRECONDITION: "tell",
};

/** Says whether a name is a reason that this version of the client knows. */
export function isReason(name: string): name is Reason {
  return Object.hasOwn(BY_REASON, name);
}

/** Returns the advice for a reason; for one that is not known, or none, that for the code. */
export function adviceFor(reason: string, code: StatusCode): Advice {
  return isReason(reason) ? BY_REASON[reason] : (BY_CODE[code] ?? "report");
}
