"""Signs a listener in from a terminal, also one on a machine without a browser."""

import asyncio
import io
from ipaddress import ip_address
from typing import Final, TextIO
from urllib.parse import urlsplit

import segno

from applemusic.cli.showing.cells import clean
from applemusic.cli.showing.jsonable import jsonable
from applemusic.cli.showing.output import Output
from applemusic.client import Client
from applemusic.models.account import SubscriptionState
from applemusic.models.sign_in import SignIn, SignInState, SignInStatus

# White on black, whatever the terminal's own colours are: what is drawn is the light part, and most
# phones cannot read a code with light and dark exchanged.
_WHITE_ON_BLACK: Final = "\x1b[38;5;231;48;5;16m"
_AS_BEFORE: Final = "\x1b[0m"
_ENDS: Final = {
    SignInState.FAILED: "Nothing was signed in.",
    SignInState.EXPIRED: "Nobody finished it in time. Run the command again for a new code.",
    SignInState.CANCELLED: "It was cancelled.",
}


_SILENT: Final = (
    "But Apple says that this Apple Account has no active subscription, so songs will not play. "
    "Subscribe with it and sign in again, or sign in with another.\n"
)


class JsonScreen:
    """Writes for programs: a line with where the person continues, and a line per state.

    Args:
        out: Where to.
    """

    def __init__(self, out: Output) -> None:
        self._out = out

    def offer(self, begun: SignIn) -> None:
        """Say where the person continues."""
        self._out.record({"event": "begun"} | jsonable(begun))

    def result(self, status: SignInStatus) -> None:
        """Say how it ended."""
        self._out.record({"event": "state"} | jsonable(status))


class Screen:
    """Writes for people.

    Args:
        stream: Where to.
        qr: Whether to draw QR codes. None draws those that a phone can follow: a link to the
            server's own machine is none.
        colours: The stream is a terminal that knows them. Without, a QR code is right where the
            letters are lighter than what is behind them.
    """

    def __init__(self, stream: TextIO, *, qr: bool | None, colours: bool = False) -> None:
        self._stream = stream
        self._qr = qr
        self._colours = colours

    def offer(self, begun: SignIn) -> None:
        """Say where the person continues. The link works once, and so does the code."""
        near = _is_loopback(begun.url)
        browser = "on the server's machine" if near else "in a browser"
        self._write(f"Open this page {browser}:\n\n  {begun.url}\n\n")
        if self._qr or (self._qr is None and not near):
            self._write("or scan this with a phone:\n\n")
            self._write(f"{self._drawn(begun.url)}\n")
        device = "there" if near else "on any device"
        self._write(f"or open {begun.link_url} {device} and enter the code\n\n")
        self._write(f"  {begun.user_code}\n\n")
        if near:
            self._write(
                "For a phone or another computer, the server has to be told the address of its "
                "page: web.public_url or web.host.\n\n"
            )
        until = (
            "" if begun.expire_time is None else f" until {begun.expire_time.astimezone():%H:%M}"
        )
        self._write(f"Waiting{until} (Ctrl-C gives up) ...\n")

    def result(self, status: SignInStatus) -> None:
        """Say how it ended."""
        if status.state is SignInState.SUCCEEDED:
            account = status.account
            who = "." if account is None else f": {account.id}, storefront {account.storefront}."
            self._write(f"Signed in{who}\n")
            if account is not None and account.subscription_state is SubscriptionState.INACTIVE:
                self._write(_SILENT)
            return
        said = f"{_ENDS.get(status.state, 'It ended.')} {clean(status.message)}"
        self._write(said.rstrip() + "\n")

    def _drawn(self, url: str) -> str:
        drawn = io.StringIO()
        segno.make(url, error="l", micro=False).terminal(out=drawn, border=2, compact=True)
        lines = drawn.getvalue().splitlines()
        if self._colours:
            lines = [f"{_WHITE_ON_BLACK}{line}{_AS_BEFORE}" for line in lines]
        return "".join(f"{line}\n" for line in lines)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def sign_in(
    music: Client, screen: Screen | JsonScreen, *, account: str = "", name: str = ""
) -> bool:
    """Begin a sign-in, show where it goes on, and wait for its end.

    Whoever gives up (cancels this) ends the sign-in at the server, too.

    Args:
        music: The server.
        screen: Shows it.
        account: Account to create or to sign in again; empty lets the server choose.
        name: Name to show; empty keeps what is there.

    Returns:
        Whether the account is signed in.

    Raises:
        AppleMusicError: The server refuses, or went away.
    """
    begun = await music.auth.begin_sign_in(account=account, display_name=name)
    screen.offer(begun)
    status = SignInStatus()
    try:
        async for status in music.auth.watch_sign_in(begun.sign_in_id):
            if status.state is not SignInState.PENDING:
                screen.result(status)
    except asyncio.CancelledError:
        await music.auth.cancel_sign_in(begun.sign_in_id, timeout=5)
        raise
    return status.state is SignInState.SUCCEEDED
