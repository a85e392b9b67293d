"""The commands of `applemusic-server`, one file per noun.

Each file is loaded when its command is called, and loads what it needs then: a probe must not pay
for a server. A file's public name is `command`.
"""
