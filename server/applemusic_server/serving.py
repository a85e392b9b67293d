"""What the command `serve` does once the settings are known."""

from collections.abc import Mapping
from typing import TextIO

from applemusic_server.app import Server, run
from applemusic_server.config import Settings
from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.freed_memory import give_back
from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.redaction import Redactor
from applemusic_server.wire.redaction import secret_field_names


async def serve_until_stopped(
    settings: Settings, environment: Mapping[str, str], output: TextIO, errors: TextIO
) -> str:
    """Run the server; return why it could not start, or an empty string.

    Args:
        settings: How to run.
        environment: As `os.environ`.
        output: Takes the line that says that the server is ready.
        errors: Takes the log.
    """
    log = open_log(
        errors,
        form=settings.log.format,
        level=settings.log.level,
        redactor=Redactor(secret_field_names()),
    )

    def announce(line: str) -> None:
        output.write(line + "\n")
        output.flush()
        give_back()

    try:
        await run(Server(settings, log, environment), announce, settings)
    except (AppleMusicError, OSError) as error:
        return str(error)
    return ""
