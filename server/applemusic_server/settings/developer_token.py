"""Where developer tokens come from."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta, field

from applemusic_server.config_section import Checked, Section

_ACCOUNT_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class DeveloperTokenOrigin(Section, frozen=True):
    """Where a developer token comes from: a file that holds it, or the key to make it from."""

    token_file: Annotated[Path | None, Meta(description="File that holds a ready token.")] = None
    private_key_file: Annotated[
        Path | None, Meta(description="MusicKit private key (.p8) to make tokens from.")
    ] = None
    key_id: Annotated[str, Meta(description="Id of that key at Apple, 10 characters.")] = ""
    team_id: Annotated[
        str, Meta(description="Id of the developer team at Apple, 10 characters.")
    ] = ""

    def __post_init__(self) -> None:
        """Check that there is one way to a token, and all of it."""
        if self.token_file and self.private_key_file:
            msg = "give token_file or private_key_file, not both"
            raise ValueError(msg)
        if self.private_key_file and not (self.key_id and self.team_id):
            msg = "private_key_file needs key_id and team_id besides"
            raise ValueError(msg)


def _origins(value: Mapping[str, DeveloperTokenOrigin]) -> Mapping[str, DeveloperTokenOrigin]:
    for account, origin in value.items():
        if not _ACCOUNT_ID.fullmatch(account):
            msg = f"{account!r} is not an account id: a-z, 0-9, _ and -"
            raise ValueError(msg)
        if origin.token_file is None and origin.private_key_file is None:
            msg = f"{account}: token_file or private_key_file is needed"
            raise ValueError(msg)
    return value


class DeveloperTokenSettings(DeveloperTokenOrigin, frozen=True):
    """Where the developer token comes from: a file that holds it, or the key to make it from."""

    shared: Annotated[
        bool,
        Meta(
            description="True where many servers use this token, so that Apple throttles all of "
            "them together. Changes nothing but what the server tells."
        ),
    ] = False
    accounts: Annotated[
        Mapping[str, DeveloperTokenOrigin],
        Meta(
            description="Developer tokens of single accounts, by account id; each with the keys "
            "above."
        ),
        Checked(_origins),
    ] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """Where the server's own token comes from: `key`, `file`, `shared` or `none`."""
        if self.token_file is None and self.private_key_file is None:
            return "none"
        if self.shared:
            return "shared"
        return "file" if self.private_key_file is None else "key"
