"""The command `applemusic`."""

import os
import sys

_MISSING = 3  # as `exits.Exit`, which cannot be loaded without click


def main() -> None:
    """Run the command, or say which extra it needs."""
    # grpc writes of its own what every error says again; who wants it sets GRPC_VERBOSITY.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        from applemusic.cli import application, terminal  # noqa: PLC0415 - click may not be there
    except ModuleNotFoundError as error:
        if error.name not in {"click", "segno"}:
            raise
        sys.stderr.write("applemusic: pip install 'applemusic-grpc[cli]'\n")
        sys.exit(_MISSING)
    sys.exit(application.main(sys.argv[1:], terminal.Terminal.real()))


if __name__ == "__main__":
    main()
