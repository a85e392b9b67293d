"""The command `applemusic-server`."""

from typing import Final

import click

from applemusic_server.commands.lazy_group import LazyGroup

_COMMANDS: Final = {
    name: f"applemusic_server.commands.{name.replace('-', '_')}"
    for name in (
        "serve",
        "config",
        "doctor",
        "accounts",
        "tokens",
        "keys",
        "access-token",
        "health",
    )
}


@click.group(
    cls=LazyGroup,
    places=_COMMANDS,
    # Its name at first.
    aliases={"key": "keys"},
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="applemusic-grpc-server", prog_name="applemusic-server")
def main() -> None:
    """Apple Music for everybody else, over gRPC.

    Settings come from a TOML file, then from APPLEMUSIC_<SECTION>__<KEY> in the environment, then
    from flags; later ones win. Secrets are read from files only.
    """


if __name__ == "__main__":
    main()
