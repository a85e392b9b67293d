"""Apple Music over gRPC."""
