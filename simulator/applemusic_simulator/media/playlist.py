"""The `ctrp` playlist in every wording seen (reference: apple-music-api.md 8.3 and 13.11-13.12)."""

import base64
from dataclasses import dataclass
from math import ceil
from typing import Literal

from applemusic_simulator.media.asset import Asset

CONTENT_TYPE = "application/x-mpegURL"


@dataclass(frozen=True, slots=True)
class PlaylistLayout:
    """How a playlist is worded; the two known models differ in the first four.

    Attributes:
        version: `EXT-X-VERSION`, 6 or 7.
        key_before_map: Order of the `EXT-X-KEY` and `EXT-X-MAP` lines.
        map_range: Whether `EXT-X-MAP` says how long the initialisation section is.
        playlist_type: Whether there is an `EXT-X-PLAYLIST-TYPE` line.
        uri_last: Whether METHOD stands before URI in `EXT-X-KEY`; today's provider in Music
            Assistant reads the URI to the end of the line.
        file: How the file is named: relative to the playlist, by its whole address, or by one that
            is not Apple's, which nobody should fetch.
        other_keys: Put keys for FairPlay and PlayReady beside the Widevine one; the PlayReady
            line has the same URI and differs by its KEYFORMAT alone.
    """

    version: int = 7
    key_before_map: bool = True
    map_range: bool = True
    playlist_type: bool = True
    uri_last: bool = True
    other_keys: bool = False
    file: Literal["relative", "absolute", "foreign"] = "relative"


LAYOUTS: dict[str, PlaylistLayout] = {
    "default": PlaylistLayout(),
    "compact": PlaylistLayout(
        version=6, key_before_map=False, map_range=False, playlist_type=False
    ),
    "uri-first": PlaylistLayout(uri_last=False),
    "absolute": PlaylistLayout(file="absolute"),
    "foreign": PlaylistLayout(file="foreign"),
    "many-keys": PlaylistLayout(other_keys=True),
    "many-keys-compact": PlaylistLayout(
        version=6, key_before_map=False, map_range=False, playlist_type=False, other_keys=True
    ),
}
"""The wordings by the name that the control API and the URLs use."""


FOREIGN_FOLDER = "http://media.example.com/itunes-assets"


def key_uri(kid: bytes) -> str:
    """Return the URI by which a playlist and a licence request name a key."""
    return f"data:;base64,{base64.b64encode(kid).decode()}"


def write_playlist(asset: Asset, file_name: str, layout: PlaylistLayout, folder: str = "") -> str:
    """Word a media playlist that names one file and its byte ranges.

    Args:
        asset: The song.
        file_name: The file, relative to the playlist.
        layout: The wording.
        folder: Address of the file's folder, without a slash at the end.
    """
    if layout.file != "relative":
        file_name = f"{folder if layout.file == 'absolute' else FOREIGN_FOLDER}/{file_name}"
    index = asset.index
    seconds = [fragment.duration / index.timescale for fragment in index.fragments]
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{layout.version}",
        f"#EXT-X-TARGETDURATION:{ceil(max(seconds))}",
        "#EXT-X-MEDIA-SEQUENCE:0",
    ]
    if layout.playlist_type:
        lines.append("#EXT-X-PLAYLIST-TYPE:VOD")
    keys, section = _keys(asset, layout), _map(asset, file_name, layout)
    lines += [*keys, section] if layout.key_before_map else [section, *keys]
    for fragment, playing_time in zip(index.fragments, seconds, strict=True):
        lines += [
            f"#EXTINF:{playing_time:.6f},",
            f"#EXT-X-BYTERANGE:{fragment.size}@{fragment.offset}",
            file_name,
        ]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def _keys(asset: Asset, layout: PlaylistLayout) -> list[str]:
    method, uri = "METHOD=ISO-23001-7", f'URI="{key_uri(asset.kid)}"'
    widevine = f"{method},{uri}" if layout.uri_last else f"{uri},{method}"
    keys = [f"#EXT-X-KEY:{widevine}"]
    if layout.other_keys:
        fairplay = (
            f'METHOD=SAMPLE-AES,URI="skd://itunes.apple.com/p{asset.song_id}/c23",'
            'KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"'
        )
        keys = [
            f"#EXT-X-KEY:{fairplay}",
            f'#EXT-X-KEY:{method},{uri},KEYFORMAT="com.microsoft.playready",KEYFORMATVERSIONS="1"',
            *keys,
        ]
    return keys


def _map(asset: Asset, file_name: str, layout: PlaylistLayout) -> str:
    extent = f',BYTERANGE="{asset.index.init_size}@0"' if layout.map_range else ""
    return f'#EXT-X-MAP:URI="{file_name}"{extent}'
