"""Opens the files that the configuration names, as the server would, without starting it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from applemusic_server.access_setup import exposed, tls_files
from applemusic_server.config import Settings, is_loopback
from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.from_settings import developer_token_source, load_decryption
from applemusic_server.storage.token_cipher import load_cipher
from applemusic_server.wire.tls import TlsFileError, read_tls


@dataclass(frozen=True, slots=True)
class Findings:
    """What is to be said about a configuration.

    Attributes:
        problems: Sentences about files that are named and cannot be used.
        missing: Sentences about what is not configured, and what does not work without it.
    """

    problems: tuple[str, ...]
    missing: tuple[str, ...]


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
    tokens = settings.developer_token
    given = tokens.token_file or tokens.private_key_file
    try:
        developer_token_source(tokens, now).current()
    except AppleMusicError as error:
        if given is None:
            missing.append(f"developer_token: {error.message}")
        else:
            problems.append(f"developer_token: {given}: {error.message}")
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
    grpc = settings.grpc
    if not (is_loopback(grpc.host) or grpc.insecure or settings.tls.clients):
        missing.append(f"grpc.host: unless it is done already: {exposed(grpc.host)}.")
    return Findings(tuple(problems), tuple(missing))
