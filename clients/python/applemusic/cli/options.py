"""Options that several commands have."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from applemusic.cli.showing.fields import parse_position
from applemusic.cli.showing.rows import label
from applemusic.models.reference import ResourceType

_F = TypeVar("_F", bound=Callable[..., Any])


def limited(default: int = 25) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command `--limit` and `--all`; it gets `limit`, None for all."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def invoke(*, limit: int, everything: bool, **values: Any) -> Any:
            return function(limit=None if everything else limit, **values)

        return click.option(
            "--limit",
            type=click.IntRange(min=1),
            default=default,
            show_default=True,
            metavar="N",
            help="Most to show.",
        )(click.option("--all", "everything", is_flag=True, help="Show all of them.")(invoke))

    return add


def typed(*kinds: ResourceType) -> Callable[[_F], _F]:
    """Give a command `--type`, which may be repeated; it gets `kinds`."""
    names = {label(kind): kind for kind in kinds}

    def taken(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> Any:
        return tuple(names[name] for name in value)

    return click.option(
        "--type",
        "kinds",
        type=click.Choice(list(names)),
        multiple=True,
        callback=taken,
        help="Only this type; may be given several times.",
    )


def confirmed(function: _F) -> _F:
    """Give a command `--yes`."""
    return click.option("--yes", "-y", is_flag=True, help="Do it without a question.")(function)


class Position(click.ParamType):  # type: ignore[type-arg] # it has arguments from click 8.5 on
    """A position in a song: `75`, `1:15`, `1:02:03`."""

    name = "position"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return it as a time."""
        try:
            return parse_position(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), param, ctx)
