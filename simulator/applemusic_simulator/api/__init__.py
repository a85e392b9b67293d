"""Apple Music API on api.music.apple.com and amp-api.music.apple.com."""
