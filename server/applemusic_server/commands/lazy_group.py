"""A group of commands of which only the one that is called is loaded."""

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """Finds commands by the module that holds them.

    Args:
        places: Module with a `command`, by the command's name; help lists them in this order.
        aliases: Other names that commands are found by, and that help does not list.
    """

    def __init__(
        self, *args: Any, places: Mapping[str, str], aliases: Mapping[str, str], **values: Any
    ) -> None:
        super().__init__(*args, **values)
        self._places = places
        self._aliases = aliases

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names for help."""
        del ctx
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None when there is none of that name."""
        del ctx
        place = self._places.get(self._aliases.get(cmd_name, cmd_name))
        if place is None:
            return None
        command = importlib.import_module(place).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{place}.command is no command")
        return command
