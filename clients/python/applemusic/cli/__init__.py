"""The command `applemusic`, for people at a terminal. Needs the extra `[cli]`."""
