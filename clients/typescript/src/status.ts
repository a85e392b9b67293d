/** Names of gRPC's status codes. */

import { Code } from "@connectrpc/connect";

const NAMES = {
  [Code.Canceled]: "CANCELLED",
  [Code.Unknown]: "UNKNOWN",
  [Code.InvalidArgument]: "INVALID_ARGUMENT",
  [Code.DeadlineExceeded]: "DEADLINE_EXCEEDED",
  [Code.NotFound]: "NOT_FOUND",
  [Code.AlreadyExists]: "ALREADY_EXISTS",
  [Code.PermissionDenied]: "PERMISSION_DENIED",
  [Code.ResourceExhausted]: "RESOURCE_EXHAUSTED",
  [Code.FailedPrecondition]: "FAILED_PRECONDITION",
  [Code.Aborted]: "ABORTED",
  [Code.OutOfRange]: "OUT_OF_RANGE",
  [Code.Unimplemented]: "UNIMPLEMENTED",
  [Code.Internal]: "INTERNAL",
  [Code.Unavailable]: "UNAVAILABLE",
  [Code.DataLoss]: "DATA_LOSS",
  [Code.Unauthenticated]: "UNAUTHENTICATED",
} as const satisfies Readonly<Record<Code, string>>;

/** A status code of gRPC by its name, such as `"NOT_FOUND"`. */
export type StatusCode = (typeof NAMES)[Code];

/** Returns the name of a code, `"UNKNOWN"` for one that is not gRPC's. */
export function statusName(code: Code): StatusCode {
  return Object.hasOwn(NAMES, code) ? NAMES[code] : "UNKNOWN";
}
