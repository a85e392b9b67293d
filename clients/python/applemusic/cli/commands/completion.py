"""`applemusic completion`."""

import click
from click.shell_completion import get_completion_class

from applemusic.cli.command import Command
from applemusic.cli.session import run_of

_VARIABLE = "_APPLEMUSIC_COMPLETE"


@click.command(
    "completion",
    cls=Command,
    examples=(
        'eval "$(applemusic completion bash)"                                  # in ~/.bashrc',
        'eval "$(applemusic completion zsh)"                                   # in ~/.zshrc',
        "applemusic completion fish > ~/.config/fish/completions/applemusic.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, *, shell: str) -> None:
    """Print what makes a shell complete commands with Tab."""
    run = run_of(context)
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"This version of click knows no completion for {shell}.")
    group = context.find_root().command
    run.terminal.out.write(found(group, {}, "applemusic", _VARIABLE).source() + "\n")
