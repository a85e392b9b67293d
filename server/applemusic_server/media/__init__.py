"""Playlists, ranges, decryption, containers, pacing, Widevine."""
