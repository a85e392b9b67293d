"""The command `applemusic-server`."""
