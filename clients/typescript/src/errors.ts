/** What calls fail with. */

import { adviceFor, isReason, type Advice, type Reason } from "./advice.js";
import type { StatusCode } from "./status.js";

/** A field of the request that breaks a rule. */
export interface FieldViolation {
  /** The field as the contract spells it, such as `page_size`. */
  readonly field: string;
  /** What is wrong with it, for people. */
  readonly description: string;
}

/** A page that says how to mend it. */
export interface HelpLink {
  readonly description: string;
  readonly url: string;
}

/** What is known of a failure besides its message. */
export interface ErrorDetails {
  readonly code: StatusCode;
  readonly reason?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly violations?: readonly FieldViolation[] | undefined;
  readonly links?: readonly HelpLink[] | undefined;
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A call that failed.
 *
 *     catch (error) {
 *       if (error instanceof AppleMusicError && error.is("RESOURCE_NOT_FOUND")) ...
 *     }
 *
 * What the caller ended by its own `AbortSignal` fails with the signal's reason instead, as `fetch`
 * does.
 */
export class AppleMusicError extends Error {
  /** Status code of gRPC. */
  readonly code: StatusCode;
  /**
   * Why, as docs/errors.md lists it; `""` when the server gave none. A newer server may give one that
   * this client does not know: `code` and `advice` still hold then.
   */
  readonly reason: Reason | "" | (string & {});
  /** Facts about it; the keys are listed with each reason. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Milliseconds after which to try again; `undefined` when the server did not say. */
  readonly retryAfterMs: number | undefined;
  /** Fields of the request at fault, for `INVALID_FIELD`. */
  readonly violations: readonly FieldViolation[];
  /** Pages that say how to mend it. */
  readonly links: readonly HelpLink[];
  /** Names the call in the server's log; `""` when the server sent none. */
  readonly requestId: string;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
    this.reason = details.reason ?? "";
    this.metadata = { ...details.metadata };
    this.retryAfterMs = details.retryAfterMs;
    this.violations = [...(details.violations ?? [])];
    this.links = [...(details.links ?? [])];
    this.requestId = details.requestId ?? "";
  }

  /** What a player does next. */
  get advice(): Advice {
    return adviceFor(this.reason, this.code);
  }

  /** Says whether the reason is one of these. */
  is<R extends Reason>(...reasons: readonly R[]): this is AppleMusicError & { readonly reason: R } {
    return isReason(this.reason) && (reasons as readonly Reason[]).includes(this.reason);
  }

  override toString(): string {
    const parts = [`${this.name}: ${this.reason || this.code}: ${this.message}`];
    for (const { field, description } of this.violations) {
      if (!this.message.includes(description)) {
        parts.push(`${field}: ${description}`);
      }
    }
    const text = parts.join("; ");
    return this.requestId ? `${text} (request ${this.requestId})` : text;
  }
}

/** The server cannot be reached, or the connection to it broke. The message says what to look at. */
export class ConnectionError extends AppleMusicError {
  /** True when trying again does not help: the two sides do not agree on TLS. */
  readonly lasting: boolean;

  constructor(message: string, cause?: unknown, lasting = false) {
    super(message, { code: "UNAVAILABLE", cause });
    this.lasting = lasting;
  }
}

/** A stream ended without saying that it was complete. What came is good as far as it goes. */
export class IncompleteStreamError extends AppleMusicError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: "DATA_LOSS", cause });
  }

  /** `retry`: what is missing can be had with `byteOffset`. */
  override get advice(): Advice {
    return "retry";
  }
}

/** The server's answer breaks the contract. Compare the versions of client and server. */
export class ProtocolError extends AppleMusicError {
  constructor(message: string) {
    super(message, { code: "INTERNAL" });
  }
}

/** The client or the stream was closed before or during the call. */
export class ClientClosedError extends AppleMusicError {
  constructor(message: string) {
    super(message, { code: "CANCELLED" });
  }
}

/** Says whether trying again, or going on by offset, is safe and may help: `UNAVAILABLE` alone is. */
export function isUnavailable(
  error: unknown,
): error is AppleMusicError & { readonly code: "UNAVAILABLE" } {
  return (
    error instanceof AppleMusicError &&
    error.code === "UNAVAILABLE" &&
    !(error instanceof ConnectionError && error.lasting)
  );
}
