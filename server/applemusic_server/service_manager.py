"""Tells the service manager how the server is, where there is one that asks.

systemd and those that speak its protocol name a socket in NOTIFY_SOCKET (reference: sd_notify(3)).
"""

import socket
from collections.abc import Mapping

from structlog.typing import FilteringBoundLogger


class ServiceManager:
    """Who started this process, if they want to know.

    Args:
        environment: As `os.environ`.
        log: Hears when they cannot be told.
    """

    def __init__(self, environment: Mapping[str, str], log: FilteringBoundLogger) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._log = log

    def ready(self, status: str) -> None:
        """Say that the server serves; `status` is what `systemctl status` shows."""
        self._tell("READY=1", f"STATUS={status}")

    def stopping(self, seconds: float) -> None:
        """Say that the server is going down, and may take so long, whatever the unit allows."""
        extended = f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}"
        self._tell("STOPPING=1", "STATUS=Letting open calls finish", extended)

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        # An "@" stands for the zero byte of a name that is in no folder.
        address = self._address.replace("@", "\0", 1)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
                there.settimeout(0)
                there.connect(address)
                there.send("\n".join(lines).encode())
        except OSError as error:
            self._log.warning("the service manager cannot be told", error=str(error))
