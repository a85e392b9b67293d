"""Opens the files that the configuration names, as the server would, without starting it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from applemusic_server.access_setup import exposed, tls_files
from applemusic_server.application.access_tokens import given_token
from applemusic_server.application.server_checks import EXPIRES_SOON
from applemusic_server.config import Settings, is_loopback
from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.gateways import DeveloperToken
from applemusic_server.from_settings import developer_tokens_of, endpoints_of, load_decryption
from applemusic_server.given_access_tokens import NOT_ONE, grant_of
from applemusic_server.settings.developer_token import DeveloperTokenOrigin, DeveloperTokenSettings
from applemusic_server.storage.token_cipher import load_cipher
from applemusic_server.upstream.addresses import AddressPolicy
from applemusic_server.upstream.secret_file import SecretFile, SecretUnreadableError
from applemusic_server.upstream.session import open_session
from applemusic_server.upstream.token_check import DeveloperTokenCheck
from applemusic_server.upstream.transport import Transport
from applemusic_server.wire.tls import TlsFileError, read_tls


@dataclass(frozen=True, slots=True)
class Findings:
    """What is to be said about a configuration.

    Attributes:
        problems: Sentences about files that are named and cannot be used.
        missing: Sentences about what is not configured, and what does not work without it.
        facts: Sentences about developer tokens that can be used: when they end.
    """

    problems: tuple[str, ...]
    missing: tuple[str, ...]
    facts: tuple[str, ...]


def look_into(
    settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Findings:
    """Read each file that the settings name, as the server does when it starts.

    Args:
        settings: Whose secret files are known to be there.
        now: The wall clock, in UTC; tokens end.
    """
    problems: list[str] = []
    missing: list[str] = []
    facts: list[str] = []
    for name, maker in developer_tokens_of(settings.developer_token, now).makers().items():
        named = _where(settings.developer_token, name)
        try:
            token = maker.current()
        except AppleMusicError as error:
            is_missing = error.reason is Reason.DEVELOPER_TOKEN_MISSING
            (missing if is_missing else problems).append(f"{named}: {error.message}")
        else:
            origin = _origin(settings.developer_token, name)
            own = origin.private_key_file is not None
            facts.append(f"{named}: {_end(token, now(), own=own)}")
    decryption = load_decryption(settings.widevine.device_file)
    if isinstance(decryption, AppleMusicError):
        where = problems if settings.widevine.device_file else missing
        where.append(f"widevine.device_file: {decryption.message}")
    if settings.storage.encryption_key_file is not None:
        try:
            load_cipher(settings.storage.encryption_key_file, create=False)
        except AppleMusicError as error:
            problems.append(f"storage.encryption_key_file: {error.message}")
    files = tls_files(settings.tls)
    if files is not None:
        try:
            read_tls(files)
        except TlsFileError as error:
            problems.append(f"tls: {error}")
    problems += _access_problems(settings)
    grpc = settings.grpc
    if not (
        is_loopback(grpc.host) or grpc.insecure or settings.tls.clients or settings.access.tokens
    ):
        missing.append(f"grpc.host: unless it is done already: {exposed(grpc.host)}.")
    return Findings(tuple(problems), tuple(missing), tuple(facts))


async def ask_apple(
    settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> tuple[str, ...]:
    """Ask Apple about each developer token that can be read, and return what it finds fault with.

    Args:
        settings: In which `look_into` found no problem.
        now: The wall clock, in UTC.
    """
    endpoints = endpoints_of(settings)
    problems = []
    async with open_session(endpoints) as session:
        check = DeveloperTokenCheck(
            Transport(session, AddressPolicy(endpoints)), endpoints, now=now
        )
        for name, maker in developer_tokens_of(settings.developer_token, now).makers().items():
            try:
                await check.require_good(maker.current().value)
            except AppleMusicError as error:
                if error.reason is not Reason.DEVELOPER_TOKEN_MISSING:
                    problems.append(f"{_where(settings.developer_token, name)}: {error.message}")
    return tuple(problems)


def _access_problems(settings: Settings) -> Iterator[str]:
    """Say which files hold no access token, or one that another file holds, too."""
    holders: dict[str, str] = {}
    for name, given in settings.access.tokens.items():
        where = f"access.tokens.{name}: {given.token_file}"
        try:
            secret = SecretFile(given.token_file).current()
        except SecretUnreadableError as error:
            yield f"{where}: {error.what}"
            continue
        token = given_token(secret, grant_of(name, given), datetime.now(UTC))
        if token is None:
            yield f"{where}: {NOT_ONE}"
        elif other := holders.get(token.id):
            yield f"{where}: is the token of {other}, too; each caller needs one of its own"
        else:
            holders[token.id] = name


def _end(token: DeveloperToken, now: datetime, *, own: bool) -> str:
    """Say when a token ends, so that one that ends in a moment is not called good."""
    end = f"{token.expire_time:%Y-%m-%d %H:%M:%S} UTC"
    left = token.expire_time - now
    if left <= timedelta(0):
        return f"the token ended at {end}; clocks that differ are all that it still lives by"
    if own:
        return f"tokens of team {token.team_id} are made from this key; one made now ends at {end}"
    soon = "; replace it" if left <= EXPIRES_SOON else ""
    return f"the token of team {token.team_id} ends at {end}, in {_span(left)}{soon}"


def _span(left: timedelta) -> str:
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        count = int(left.total_seconds() // size)
        if count > 1:
            return f"{count} {unit}"
    return f"{int(left.total_seconds())} s"


def _where(settings: DeveloperTokenSettings, account: str) -> str:
    origin = _origin(settings, account)
    section = f"developer_token.accounts.{account}" if account else "developer_token"
    file = origin.token_file or origin.private_key_file
    return f"{section}: {file}" if file else section


def _origin(settings: DeveloperTokenSettings, account: str) -> DeveloperTokenOrigin:
    return settings.accounts[account] if account else settings
