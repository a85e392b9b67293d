"""What listeners own: songs, albums, artists, playlists, folders and videos, per account.

`Libraries` holds the `Library` of every account, made when first asked for. Songs that belong to a
large library are computed from a number each time (`contents.py`); only their order, their albums
and their artists are kept. `api/` words all of it as Apple does.
"""
