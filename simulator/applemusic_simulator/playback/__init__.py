"""Playback as a client meets it: webPlayback, licences, playlists and files over HTTP."""
