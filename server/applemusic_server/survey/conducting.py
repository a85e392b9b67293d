"""Conducts the survey: who is asked, what is allowed, and what may be told of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

from applemusic_server.account_desk import account_desk
from applemusic_server.config import Settings
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    InternalError,
    NotFoundError,
    Reason,
)
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.together import all_of
from applemusic_server.from_settings import developer_tokens_of, endpoints_of
from applemusic_server.look_at_storage import looked_at
from applemusic_server.open_storage import open_cipher
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.capability_answers import DatabaseCapabilityStore
from applemusic_server.survey import about_renewal as renewal
from applemusic_server.survey import about_writes as writes
from applemusic_server.survey.about_library import about_library, throttling
from applemusic_server.survey.about_listening import about_listening
from applemusic_server.survey.about_playback import about_playback
from applemusic_server.survey.about_tokens import about_tokens
from applemusic_server.survey.answer import Answer
from applemusic_server.survey.asking import Asker, at
from applemusic_server.survey.guard import Guard
from applemusic_server.survey.questions import Survey
from applemusic_server.survey.report import Report
from applemusic_server.upstream.endpoints import Endpoint, Endpoints
from applemusic_server.upstream.failures import unavailable
from applemusic_server.upstream.session import open_session

_CHART_SONGS: Final = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator wants.

    Attributes:
        account: Whose account; empty for the only one.
        songs: Catalog ids to ask about; empty for popular ones.
        allow_writes: A playlist may be made and deleted.
        allow_renewal: The music user token may be renewed.
    """

    account: str = ""
    songs: tuple[str, ...] = ()
    allow_writes: bool = False
    allow_renewal: bool = False

    @property
    def allowed(self) -> tuple[str, ...]:
        """What may be changed, for people."""
        said = (("writes", self.allow_writes), ("renewal", self.allow_renewal))
        return tuple(name for name, is_allowed in said if is_allowed)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored."""

    account: Account = field(repr=False)
    token: Secret
    names: frozenset[str] = field(repr=False)
    capabilities: Mapping[str, str]


async def conduct(
    settings: Settings,
    environment: Mapping[str, str],
    wish: Wish,
    *,
    say: Callable[[str], None],
    as_json: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> str:
    """Ask Apple and return the report; takes some seconds.

    Args:
        settings: The server's.
        environment: Names the data folder where the settings do not.
        wish: Whose account, and what may be changed.
        say: Is told before anything is changed, and when something could not be undone.
        as_json: For programs.
        now: The time now, in UTC.
        sleep: Waits, in seconds.

    Raises:
        AppleMusicError: ACCOUNT_REQUIRED, ACCOUNT_NOT_FOUND, UPSTREAM_UNAVAILABLE; STORAGE and
            DEVELOPER_TOKEN reasons.
    """
    known = await _known(settings, environment, wish.account)
    token = developer_tokens_of(settings.developer_token, now).current(known.account.id)
    endpoints = endpoints_of(settings)
    say("Asking Apple; this takes some seconds.")
    async with open_session(endpoints) as session:
        asker = Asker(session, endpoints, token.value, known.token, sleep=sleep)
        survey = await _survey(asker, known.account, wish.songs)
        answers = [each for topic in await _topics(survey, now()) for each in topic]
        if wish.allow_writes:
            answers += await writes.about_writes(asker, say, sleep)
        else:
            answers += writes.without_writes(known.capabilities)
        secrets = [token.value, known.token]
        if wish.allow_renewal:
            say(renewal.ANNOUNCEMENT)
            async with account_desk(settings, environment) as desk:
                account, renewals = known.account, desk.tokens.renewals
                answer, more = await renewal.about_renewal(asker, account, renewals)
            secrets += more
        else:
            answer = renewal.without_renewal()
        answers += [answer, throttling(asker.throttled, asker.asked)]
    guard = Guard((each.reveal() for each in secrets), {*known.names, token.team_id})
    report = Report(
        server_version=version("applemusic-grpc-server"),
        date=f"{now():%Y-%m-%d}",
        storefront=known.account.storefront,
        developer_token=_origin(settings, known.account),
        simulated=endpoints != Endpoints(),
        allowed=wish.allowed,
        answers=guard.checked(answers),
    )
    text = report.as_json() if as_json else report.as_text()
    if not guard.is_clean(text):
        raise InternalError(
            Reason.INTERNAL,
            "the report held something secret, so it is not shown; nothing was stored or sent. "
            "Please tell how it came to that",
        )
    return text


async def _known(settings: Settings, environment: Mapping[str, str], wanted: str) -> _Known:
    async with looked_at(settings.storage, environment) as database:
        cipher = open_cipher(settings.storage, environment, make=False)
        accounts = await DatabaseAccountStore(database, cipher).list()
        account = _chosen(accounts, wanted)
        kept = await DatabaseCapabilityStore(database).of(account.id)
    if account.music_user_token is None:
        raise FailedPreconditionError(
            Reason.STORAGE_KEY_MISMATCH,
            f"the stored token of account {account.id!r} was encrypted with another key; restore "
            "the key, or sign in again",
            metadata={"account": account.id},
        )
    return _Known(
        account,
        account.music_user_token,
        frozenset(name for each in accounts for name in (each.id, each.display_name)),
        {str(capability): str(each.answer) for capability, each in kept.items()},
    )


def _chosen(accounts: Sequence[Account], wanted: str) -> Account:
    for account in accounts:
        if account.id == wanted or (not wanted and len(accounts) == 1):
            return account
    if wanted:
        raise NotFoundError(
            Reason.ACCOUNT_NOT_FOUND,
            f"no account has the id {wanted!r}; `applemusic-server accounts list` shows them",
            metadata={"account": wanted},
        )
    raise FailedPreconditionError(
        Reason.ACCOUNT_REQUIRED,
        "several accounts: name one with --account" if accounts else "nobody is signed in",
        metadata={"accounts": str(len(accounts))},
    )


async def _survey(asker: Asker, account: Account, wanted: Sequence[str]) -> Survey:
    if wanted:
        params = {"ids": ",".join(wanted)}
        reply = await asker.api(f"/v1/catalog/{account.storefront}/songs", params, user=False)
        found = at(reply.json, "data")
    else:
        params = {"types": "songs", "limit": str(_CHART_SONGS)}
        reply = await asker.api(f"/v1/catalog/{account.storefront}/charts", params, user=False)
        found = at(reply.json, "results", "songs", 0, "data")
    if not reply.status:
        raise unavailable(Endpoint.CATALOG_CHARTS, "connection")
    songs = [each for each in found or () if _is_playable(each)]
    with_lyrics = [each for each in songs if at(each, "attributes", "hasLyrics") is True]
    return Survey(
        asker,
        account,
        account.storefront,
        tuple(each["id"] for each in songs),
        tuple(each["id"] for each in with_lyrics),
    )


def _is_playable(song: object) -> bool:
    song_id = at(song, "id")
    is_id = isinstance(song_id, str) and song_id.isascii() and song_id.isdigit()
    return is_id and at(song, "attributes", "playParams") is not None


async def _topics(survey: Survey, now: datetime) -> list[list[Answer]]:
    return await all_of(
        (
            about_tokens(survey, now),
            about_library(survey),
            about_listening(survey),
            about_playback(survey, now),
        )
    )


def _origin(settings: Settings, account: Account) -> str:
    """Say where the developer token comes from; whose it is is not told."""
    origin = settings.developer_token.accounts.get(account.id, settings.developer_token)
    return "made from a key" if origin.private_key_file is not None else "given ready made"
