"""The server: Apple Music for everybody else, over gRPC."""
