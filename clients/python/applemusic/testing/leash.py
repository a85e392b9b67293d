"""Runs a command, and ends it when whoever started this is gone.

    python -P leash.py applemusic-server serve

Standard input is a pipe that only the starter holds open: however the starter ends, `kill -9`
included, the pipe closes. Nothing else is read from it. Knows the standard library alone: the
command may belong to another installation of Python.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

_SECONDS = (2.0, 5.0)  # the server drains at the first signal, hurries at the second


def end(child: "subprocess.Popen[bytes]") -> None:
    """Wait until the pipe is closed, then have the command end."""
    while os.read(0, 4096):
        pass
    for seconds in _SECONDS:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
            return
    child.kill()


def main() -> int:
    """Run the command that the arguments are; return its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Ctrl-C reaches the command as well, and the starter, who closes the pipe. Not ignored:
        # that would be passed on to the command.
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603 - what it is for
    threading.Thread(target=end, args=(child,), daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
