"""Generated from proto/applemusic/v1. Do not edit: `make gen` writes it."""
