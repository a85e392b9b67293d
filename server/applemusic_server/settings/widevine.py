"""The operator's own playback device."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from applemusic_server.config_section import Section


class WidevineSettings(Section, frozen=True):
    """The operator's own playback device."""

    device_file: Annotated[
        Path | None,
        Meta(
            description="Widevine device (.wvd) of the operator. Without one songs of the catalog "
            "do not play; uploads, previews and broadcasts do."
        ),
    ] = None
