"""Notices when the host is gone, however it ended: a plugin must not outlive it.

`PR_SET_PDEATHSIG` would not do: it counts the thread that started the plugin for the parent, and
Go and thread pools end threads while the program goes on. Standard input is no help either: a Go
host hands its own on.
"""

import os
import select
import signal
import threading
import time
from collections.abc import Callable
from typing import Final

# Where the kernel does not tell, it is asked this often.
_ASK_MILLISECONDS: Final = 1000
# More than going down takes when nobody is waited for.
_LONGEST_END_SECONDS: Final = 10.0


class HostWatch:
    """Watches the process that started this one, and the pipe that it reads the handshake from."""

    def __init__(self, parent: int, output: int, on_gone: Callable[[], None]) -> None:
        """Take what to watch; nothing is watched yet.

        Args:
            parent: What `os.getppid()` said first.
            output: Descriptor of standard output as the host gave it.
            on_gone: Called once, from another thread. A process that is still there ten seconds
                later is killed.
        """
        self._parent = parent
        self._output = output
        self._on_gone = on_gone

    def start(self) -> None:
        """Watch from a thread of its own, which keeps no process alive."""
        threading.Thread(target=self._run, name="host-watch", daemon=True).start()

    def _run(self) -> None:
        self.wait()
        self._on_gone()
        time.sleep(_LONGEST_END_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    def wait(self) -> None:
        """Return once the host is gone."""
        poll = select.poll()
        # No event is asked for: that nobody reads any more is always told.
        poll.register(self._output, 0)
        handle = _handle_of(self._parent)
        if handle is not None:
            poll.register(handle, select.POLLIN)
        # The handle comes first: of a parent that ended before it, there is another parent now.
        while os.getppid() == self._parent:
            if poll.poll(None if handle is not None else _ASK_MILLISECONDS):
                break
        if handle is not None:
            os.close(handle)


def _handle_of(process: int) -> int | None:
    """Return a descriptor that can be read from once a process has ended; None if there is none."""
    try:
        return os.pidfd_open(process)
    except (AttributeError, OSError):  # not Linux; an old kernel, or a sandbox that forbids it
        return None
