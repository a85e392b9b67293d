/** From what Connect throws to an `AppleMusicError`: the only place where errors of calls are made. */

import { Code, ConnectError } from "@connectrpc/connect";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { AppleMusicError, ConnectionError } from "./errors.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  HelpSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "./gen/google/rpc/error_details_pb.js";
import { statusName } from "./status.js";

const DOMAIN = "applemusic.v1";
// What Connect says when a connection ends where a message or a status was due.
const CUT_OFF = /^protocol error: (?:missing status|incomplete envelope|promised \d+ bytes)/;
const HTTP2_BROKE =
  /^http\/2 stream closed|^(?:New streams cannot be created|The session has been)/;

// What Node says when the two sides do not agree on TLS, and what to do about it.
const TLS_ADVICE: ReadonlyMap<RegExp, string> = new Map([
  [
    /CERT_HAS_EXPIRED|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|self.signed/i,
    "The server's certificate is not trusted. Give `tls.ca` with the certificate of the authority that " +
      "issued it, or the server a certificate that has not ended",
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    "The server's certificate is for another name. Connect to a name that is in it, or give " +
      "`tls.serverName`",
  ],
  [/WRONG_VERSION_NUMBER|packet length too long/i, "The server speaks no TLS. Leave `tls` out"],
]);

/**
 * Returns the error for a failed call, with all that the status says.
 *
 * @param error What Connect threw.
 * @param target Where the client connects to, named when nothing answers there.
 */
export function errorFromRpc(error: unknown, target: string): AppleMusicError {
  if (error instanceof AppleMusicError) {
    return error;
  }
  const failure = ConnectError.from(error);
  if (connectionBroke(failure)) {
    const what = reasonOf(failure);
    const advice = [...TLS_ADVICE].find(([pattern]) => pattern.test(what));
    return new ConnectionError(unreachable(target, what), failure, advice !== undefined);
  }
  const [info] = failure.findDetails(ErrorInfoSchema);
  const [retry] = failure.findDetails(RetryInfoSchema);
  const [request] = failure.findDetails(BadRequestSchema);
  const [help] = failure.findDetails(HelpSchema);
  const [named] = failure.findDetails(RequestInfoSchema);
  const ours = info?.domain === DOMAIN ? info : undefined;
  return new AppleMusicError(failure.rawMessage || "the server gave no message", {
    code: statusName(failure.code),
    reason: ours?.reason,
    metadata: info?.metadata,
    retryAfterMs: retry?.retryDelay && durationMs(retry.retryDelay),
    violations: request?.fieldViolations.map(({ field, description }) => ({ field, description })),
    links: help?.links.map(({ description, url }) => ({ description, url })),
    requestId:
      named?.requestId || (failure.metadata.get("x-request-id") ?? info?.metadata["requestId"]),
    cause: failure,
  });
}

/** Returns the message for a server that cannot be reached. */
export function unreachable(target: string, what: string): string {
  return `cannot reach ${target}: ${what.replace(/\.$/, "")}. ${connectAdvice(what, target)}`;
}

/**
 * Says whether a call failed on its way rather than at the server. Connect gives such failures many
 * codes; a server always says its own in `grpc-status`.
 */
function connectionBroke(failure: ConnectError): boolean {
  if (failure.metadata.has("grpc-status")) {
    // Without details it is of something in between; our server always says a reason.
    const between = failure.code === Code.Unavailable || failure.code === Code.Canceled;
    return between && failure.details.length === 0;
  }
  switch (failure.code) {
    case Code.Unavailable:
    case Code.Aborted:
    case Code.Canceled:
      return true;
    case Code.Internal:
    case Code.InvalidArgument:
    case Code.Unknown:
    case Code.ResourceExhausted:
      return (
        nodeCode(failure) !== "" ||
        CUT_OFF.test(failure.rawMessage) ||
        HTTP2_BROKE.test(failure.rawMessage)
      );
    default:
      return false;
  }
}

/** Returns what went wrong in words, Node's name of it included. */
function reasonOf(failure: ConnectError): string {
  const code = nodeCode(failure);
  if (code.startsWith("ERR_SSL_")) {
    return code; // OpenSSL's own words are for its developers
  }
  return code && !failure.rawMessage.includes(code)
    ? `${failure.rawMessage} (${code})`
    : failure.rawMessage;
}

/** Returns Node's name of what went wrong, such as `ECONNREFUSED`; `""` when it was not Node. */
function nodeCode(failure: ConnectError): string {
  let cause: unknown = failure.cause;
  while (cause instanceof Error) {
    if ("code" in cause && typeof cause.code === "string") {
      return cause.code;
    }
    cause = cause.cause;
  }
  return "";
}

function connectAdvice(what: string, target: string): string {
  for (const [pattern, advice] of TLS_ADVICE) {
    if (pattern.test(what)) {
      return advice;
    }
  }
  if (/ECONNRESET|EPIPE|PROTOCOL_ERROR|CANCEL|ALERT/i.test(what)) {
    return (
      `Something answers at ${target} and hangs up, or went away. A server with TLS needs \`tls\`; one ` +
      "that wants a certificate of the client (mTLS) needs `tls.cert` and `tls.key`, issued by the " +
      "authority that it trusts"
    );
  }
  return (
    `Is the server running at ${target}? Start it with \`applemusic-server serve\`, or give the ` +
    "client another target"
  );
}
