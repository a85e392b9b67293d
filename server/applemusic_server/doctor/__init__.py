"""What `applemusic-server doctor` does: looks into everything that has to work for music to play.

It is composition, like `app`: it works whether or not a server runs with the same settings.
"""
