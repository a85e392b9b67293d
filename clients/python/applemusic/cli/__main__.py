"""The command `applemusic`."""

import sys

_MISSING = 3


def main() -> None:
    """Run the command, or say which extra it needs."""
    try:
        from applemusic.cli.commands import applemusic  # noqa: PLC0415 - click may not be there
    except ModuleNotFoundError as error:
        if error.name not in {"click", "segno"}:
            raise
        sys.stderr.write("applemusic: pip install 'applemusic-grpc[cli]'\n")
        sys.exit(_MISSING)
    applemusic()


if __name__ == "__main__":
    main()
