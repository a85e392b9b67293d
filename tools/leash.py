"""Runs a module as `python -m` does, and ends it when the process that started it is gone.

    python -P tools/leash.py applemusic_server serve

Standard input is a pipe that only the starter holds open: however the starter ends, `kill -9`
included, the pipe closes. Nothing else is read from it.
"""

import os
import runpy
import signal
import sys
import threading
import time

# The server drains on the first signal and hurries on the second; who hears neither is killed.
_SIGNALS = ((signal.SIGTERM, 2.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 0.0))


def end_with_the_starter() -> None:
    """Wait until the pipe is closed, and end this process."""
    while os.read(0, 4096):
        pass
    for number, seconds in _SIGNALS:
        os.kill(os.getpid(), number)
        time.sleep(seconds)


def main() -> None:
    """Run the module that the first argument names, with the others as its own."""
    threading.Thread(target=end_with_the_starter, name="leash", daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
