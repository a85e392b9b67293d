"""Commands and groups of commands: help with examples, and the common options."""

import difflib
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import click

from applemusic.cli.common import CommonOption, common_options

_SETTINGS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_COMMON: Final = "Common options, explained by `applemusic --help`:"


class Command(click.Command):
    """A command with examples. It has the common options, too.

    Args:
        examples: Command lines to learn from.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **({"context_settings": _SETTINGS} | kwargs))
        self.examples = examples
        self.params += common_options()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of its own one by one, the common ones by name."""
        _write_options(self, ctx, formatter)
        names = [
            parameter.opts[0]
            for parameter in self.get_params(ctx)
            if isinstance(parameter, CommonOption)
        ]
        formatter.write_paragraph()
        formatter.write_text(f"{_COMMON} {', '.join(names)}")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the examples."""
        _write_examples(self.examples, formatter)


class Group(click.Group):
    """A group of commands, whose own word alone does what is asked for most, if it has such."""

    command_class = Command

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **({"context_settings": _SETTINGS} | kwargs))
        self.examples = examples
        self.params += common_options()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of its own, and the commands."""
        _write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the examples."""
        _write_examples(self.examples, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; of a slip, say what was meant most likely.

        Raises:
            click.UsageError: There is none of this name.
        """
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            close = difflib.get_close_matches(args[0], self.list_commands(ctx), 1)
            meant = f" Did you mean `{ctx.command_path} {close[0]}`?" if close else ""
            raise click.UsageError(f"There is no command {args[0]!r}.{meant}", ctx)
        return super().resolve_command(ctx, args)


class LazyGroup(Group):
    """A group whose commands are loaded when they are needed, so that each starts quickly.

    Args:
        sections: Names of commands under headings.
        package: Where they are: `sign-in` is `command` of the module `sign_in`.
    """

    def __init__(
        self, *args: Any, sections: dict[str, Sequence[str]], package: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._sections = sections
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the help."""
        return [name for names in self._sections.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None when there is none of this name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"{self._package}.{cmd_name.replace('-', '_')}")
        found: click.Command = module.command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their headings."""
        for heading, names in self._sections.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(heading):
                formatter.write_dl(
                    [(name, each.get_short_help_str(64)) for name, each in commands if each]
                )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands first, then every option, the common ones too."""
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)


def _write_options(
    command: click.Command, ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    records = [
        record
        for parameter in command.get_params(ctx)
        if isinstance(parameter, click.Option)
        and not isinstance(parameter, CommonOption)
        and (record := parameter.get_help_record(ctx)) is not None
    ]
    with formatter.section("Options"):
        formatter.write_dl(records)


def _write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")
