"""The simulator's files: encoded, fragmented, encrypted, indexed, and how a playlist words them.

`variant` names the kinds of file, `boxes` reads MP4, `encode` makes the clear original, `package`
encrypts it, `store` keeps both on disk, `playlist` words them and `damage` spoils them on demand.
"""
