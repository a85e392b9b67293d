"""Access tokens that come with the configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, field

from applemusic_server.config_section import Section
from applemusic_server.domain.access import check_caller_name
from applemusic_server.domain.errors import InvalidArgumentError


class GivenTokenSettings(Section, frozen=True):
    """An access token that the operator made, and what its holder may do."""

    token_file: Annotated[
        Path,
        Meta(description="File that holds the token, `amg_<12 hex digits>_<64 hex digits>`."),
    ]
    scopes: Annotated[
        tuple[Literal["read", "control", "stream", "admin"], ...],
        Meta(min_length=1, description="What its holder may do."),
    ]
    accounts: Annotated[
        Annotated[tuple[str, ...], Meta(min_length=1)] | None,
        Meta(description="For which accounts; all when it is not given."),
    ] = None


class AccessSettings(Section, frozen=True):
    """Who may call, besides those whose tokens `access-token create` made."""

    tokens: Annotated[
        Mapping[str, GivenTokenSettings],
        Meta(
            description="Access tokens from files, by the name of the caller, for servers that are "
            "set up by a program. Read again when they change; a file that is gone is no token."
        ),
    ] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the names, which appear in logs."""
        for name in self.tokens:
            try:
                check_caller_name(name)
            except InvalidArgumentError as error:
                raise ValueError(f"{name!r} cannot name a caller: {error.message}") from None
