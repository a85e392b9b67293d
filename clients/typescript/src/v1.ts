/**
 * The contract `applemusic.v1` as it is generated: messages, enums, their schemas, and the service
 * descriptors for `createClient` of Connect.
 *
 * @module
 */

export * from "./gen/v1.js";
