// Generated. Do not edit: `make gen` writes it.
export * from "./applemusic/v1/audio_service_pb.js";
export * from "./applemusic/v1/auth_service_pb.js";
export * from "./applemusic/v1/catalog_service_pb.js";
export * from "./applemusic/v1/error_reason_pb.js";
export * from "./applemusic/v1/favorites_service_pb.js";
export * from "./applemusic/v1/library_service_pb.js";
export * from "./applemusic/v1/media_pb.js";
export * from "./applemusic/v1/options_pb.js";
export * from "./applemusic/v1/radio_service_pb.js";
export * from "./applemusic/v1/recommendation_service_pb.js";
export * from "./applemusic/v1/server_service_pb.js";
