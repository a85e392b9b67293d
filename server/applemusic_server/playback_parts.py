"""Puts together what plays and prepares songs; part of the composition root."""

import random
import resource
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from applemusic_server.application.account_calls import AccountCalls, NotedListeners
from applemusic_server.application.accounts import Accounts
from applemusic_server.application.current_versions import CurrentVersions, RequestBudget
from applemusic_server.application.library_songs import LibrarySongs, MatchedLibrarySongs
from applemusic_server.application.license import Licenser
from applemusic_server.application.live_playback import LivePlayback
from applemusic_server.application.live_station import LiveStations
from applemusic_server.application.matched_library import MatchedLibrary
from applemusic_server.application.playback import Playback
from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.application.player import Player
from applemusic_server.application.prepare import Preparer
from applemusic_server.application.present_tokens import PresentTokens
from applemusic_server.application.processor import Processor, ThreadUse
from applemusic_server.application.renewals import Renewals
from applemusic_server.application.renewing_playback import RenewingPlayback, RenewingStations
from applemusic_server.application.resolve import Resolver
from applemusic_server.domain.errors import FailedPreconditionError
from applemusic_server.domain.ports import ContentDecryption
from applemusic_server.domain.tracing import Tracer
from applemusic_server.media.live_media import HlsLiveMedia
from applemusic_server.media.pcm_decoding import PcmDecoding
from applemusic_server.media.song_media import PlaylistSongMedia
from applemusic_server.settings.playback import PlaybackSettings
from applemusic_server.telemetry.prepare import PrepareTelemetry
from applemusic_server.upstream.library import AppleLibrary
from applemusic_server.upstream.library_lists import LibraryLists
from applemusic_server.upstream.priority_gate import Priority
from applemusic_server.upstream_parts import Upstream

# Per account, in ten minutes: of a list of withdrawn songs, one every 30 s.
_LOOK_UPS = 60
# What asks for one thread's numbers, where the system keeps them.
_THREAD = getattr(resource, "RUSAGE_THREAD", None)


@dataclass(frozen=True)
class PlaybackNeeds:
    """What playing is made of.

    Attributes:
        apple: Plays songs, says why when it does not, and has their files.
        accounts: Who an account is.
        calls: Notes for whom calls are made.
        renewals: Replace a token when Apple asks for it.
        decryption: The Widevine device, or why there is none.
        tracer: Makes spans of what is done.
        clock: Monotonic seconds.
        now: The time now, in UTC.
    """

    settings: PlaybackSettings
    apple: Upstream
    accounts: Accounts
    calls: AccountCalls
    renewals: Renewals
    decryption: ContentDecryption | FailedPreconditionError
    observer: PrepareTelemetry
    tracer: Tracer
    clock: Callable[[], float]
    now: Callable[[], datetime]


@dataclass(frozen=True)
class PlaybackParts:
    """What plays and prepares; the preparer is to be closed after the player's last stream.

    Attributes:
        pcm_works: Returns whether PCM can be asked for.
    """

    player: Player
    preparer: Preparer
    pcm_works: Callable[[], bool]


def playback_parts(needs: PlaybackNeeds) -> PlaybackParts:
    """Make the parts; nothing is started."""
    settings, apple = needs.settings, needs.apple
    tokens = PresentTokens(needs.renewals, needs.accounts)
    # Songs that somebody waits for go before those that are prepared.
    urgent, ahead = (
        RenewingPlayback(apple.playback(priority), tokens)
        for priority in (Priority.PLAYBACK, Priority.PREPARE)
    )
    listeners = NotedListeners(needs.accounts, needs.calls)
    library = _library_songs(apple, needs.clock)
    decoding = PcmDecoding()
    media = PlaylistSongMedia(
        apple.media_source,
        decoding=decoding,
        piece_bytes=settings.chunk_bytes,
        jitter=random.random,
    )
    preparer = Preparer(
        listeners=listeners,
        resolver=Resolver(ahead, apple.catalog, media, library),
        licenser=Licenser(ahead, needs.decryption),
        media=media,
        clock=needs.clock,
        now=needs.now,
        observer=needs.observer,
        tracer=needs.tracer,
    )
    needs.observer.show(lambda: preparer.song_count, lambda: preparer.held_bytes)
    songs = Playback(
        listeners=listeners,
        gateway=urgent,
        catalog=apple.catalog,
        library=library,
        media=media,
        decryption=needs.decryption,
        preparer=preparer,
        clock=needs.clock,
        now=needs.now,
        new_id=_new_id,
        tuning=_tuning(settings),
        tracer=needs.tracer,
        busy=Processor(time.monotonic, _use).busy,
    )
    stations = LivePlayback(
        listeners=listeners,
        stations=LiveStations(RenewingStations(apple.stations, tokens), apple.catalog),
        media=HlsLiveMedia(apple.live_source, piece_bytes=settings.chunk_bytes, clock=needs.clock),
        preparer=preparer,
        limits=songs.limits,
        clock=needs.clock,
        now=needs.now,
        new_id=_new_id,
        tuning=_tuning(settings),
        tracer=needs.tracer,
    )
    return PlaybackParts(Player(songs, stations), preparer, lambda: decoding.works)


def _use() -> ThreadUse:
    """What this thread has done; where the system does not say so, it pauses all the time."""
    if _THREAD is None:
        return ThreadUse(0.0, time.monotonic_ns())
    used = resource.getrusage(_THREAD)
    return ThreadUse(used.ru_utime + used.ru_stime, used.ru_nvcsw)


def _tuning(settings: PlaybackSettings) -> PlaybackTuning:
    return PlaybackTuning(
        burst_seconds=settings.burst_seconds,
        most_burst_seconds=settings.most_burst_seconds,
        fill_rate=settings.fill_rate,
        lead_seconds=settings.lead_seconds,
        start_timeout_seconds=settings.start_timeout_seconds,
        streams_per_account=settings.max_account_streams,
        streams_per_server=settings.max_streams,
    )


def _new_id() -> str:
    return secrets.token_hex(8)


def _library_songs(apple: Upstream, clock: Callable[[], float]) -> LibrarySongs:
    """Who knows what withdrawn songs are now; syncs do not use up what it may ask."""
    budget = RequestBudget(clock, requests=_LOOK_UPS)
    versions = CurrentVersions(apple.lookup, apple.catalog, clock, budget)
    return MatchedLibrarySongs(MatchedLibrary(AppleLibrary(LibraryLists(apple.api)), versions))
