"""Playing: a queue of songs, streamed one after the other into a player or a pipe."""
