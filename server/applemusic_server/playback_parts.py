"""Puts together what plays and prepares songs; part of the composition root."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from applemusic_server.application.license import Licenser
from applemusic_server.application.playback import Playback
from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.application.prepare import Preparer
from applemusic_server.application.resolve import Resolver
from applemusic_server.config import PlaybackSettings
from applemusic_server.domain.errors import FailedPreconditionError
from applemusic_server.domain.gateways import CatalogGateway, PlaybackGateway
from applemusic_server.domain.listeners import Listeners
from applemusic_server.domain.ports import ByteSource, ContentDecryption
from applemusic_server.media.pcm_decoding import PcmDecoding
from applemusic_server.media.song_media import PlaylistSongMedia
from applemusic_server.telemetry.prepare import PrepareTelemetry


@dataclass(frozen=True)
class PlaybackNeeds:
    """What playing is made of.

    Attributes:
        listeners: Who an account is, noting for whom calls are made.
        urgent: Apple's playback side, for songs that somebody waits for.
        ahead: The same, for songs that are prepared.
        catalog: Asked why, when Apple does not play a song.
        source: Fetches ranges of files.
        decryption: The Widevine device, or why there is none.
        clock: Monotonic seconds.
        now: The time now, in UTC.
    """

    settings: PlaybackSettings
    listeners: Listeners
    urgent: PlaybackGateway
    ahead: PlaybackGateway
    catalog: CatalogGateway
    source: ByteSource
    decryption: ContentDecryption | FailedPreconditionError
    observer: PrepareTelemetry
    clock: Callable[[], float]
    now: Callable[[], datetime]


@dataclass(frozen=True)
class PlaybackParts:
    """What plays and prepares; the preparer is to be closed after the player's last stream.

    Attributes:
        pcm_works: Returns whether PCM can be asked for.
    """

    player: Playback
    preparer: Preparer
    pcm_works: Callable[[], bool]


def playback_parts(needs: PlaybackNeeds) -> PlaybackParts:
    """Make the parts; nothing is started."""
    settings = needs.settings
    decoding = PcmDecoding()
    media = PlaylistSongMedia(
        needs.source,
        decoding=decoding,
        piece_bytes=settings.chunk_bytes,
        jitter=random.random,
    )
    preparer = Preparer(
        listeners=needs.listeners,
        resolver=Resolver(needs.ahead, needs.catalog, media),
        licenser=Licenser(needs.ahead, needs.decryption),
        media=media,
        clock=needs.clock,
        now=needs.now,
        observer=needs.observer,
    )
    needs.observer.show(lambda: preparer.song_count, lambda: preparer.held_bytes)
    player = Playback(
        listeners=needs.listeners,
        gateway=needs.urgent,
        catalog=needs.catalog,
        media=media,
        decryption=needs.decryption,
        preparer=preparer,
        clock=needs.clock,
        now=needs.now,
        new_id=lambda: uuid.uuid4().hex[:16],
        tuning=PlaybackTuning(
            burst_seconds=settings.burst_seconds,
            fill_rate=settings.fill_rate,
            lead_seconds=settings.lead_seconds,
            start_timeout_seconds=settings.start_timeout_seconds,
            streams_per_account=settings.max_account_streams,
            streams_per_server=settings.max_streams,
        ),
    )
    return PlaybackParts(player, preparer, lambda: decoding.works)
