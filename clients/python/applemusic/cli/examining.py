"""Looks into everything between this machine and music, one thing after the other."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Final
from urllib.parse import urlsplit

from applemusic import AppleMusicError, Client
from applemusic.cli.common import Run
from applemusic.cli.exits import Exit
from applemusic.cli.failures import Failure, failure_of
from applemusic.cli.next_steps import next_step
from applemusic.cli.playing.players import KNOWN, found_players
from applemusic.cli.problems import Problem
from applemusic.cli.showing.fields import counted, until
from applemusic.cli.showing.output import Output
from applemusic.config import is_local
from applemusic.errors import AccessDeniedError, AccessTokenMissingError
from applemusic.models.account import Account, AccountState, SubscriptionState
from applemusic.models.reason import ErrorReason
from applemusic.models.server import (
    Capabilities,
    CheckStatus,
    DiagnosticCheck,
    ServerInfo,
    ServerState,
)

_SECONDS: Final = 10.0
_SOON: Final = timedelta(days=14)
_HTTPS: Final = 443
_NEEDED: Final = ("playback", "library", "sign_in")


class Examination:
    """One run of the doctor.

    Args:
        run: The common options.
        out: Where progress is shown.
        server_checks: Whether the server looks into itself, too.
    """

    def __init__(self, run: Run, out: Output, *, server_checks: bool) -> None:
        self._run = run
        self._out = out
        self._server_checks = server_checks
        self._checks: list[DiagnosticCheck] = []
        self.exit = Exit.DONE
        """That of the first check that failed."""

    async def run(self) -> list[DiagnosticCheck]:
        """Look into everything, and return what was seen in the order of looking."""
        self._look_for_players()
        music = self._look_at_options()
        if music is not None:
            async with music:
                if await self._look_at_connection() and await self._look_at_tls():
                    await self._ask_server(music)
        return self._checks

    def _look_at_options(self) -> Client | None:
        """Return a client of what the options say, if they say something sensible."""
        try:
            music = self._run.client()
        except Problem as problem:
            self._failed("options", problem.message, problem.next_step, problem.exit)
            return None
        given = sorted(name for name, value in self._run.values.items() if value)
        self._ok("options", ", ".join(name.replace("_", "-") for name in given) or "none given")
        return music

    async def _look_at_connection(self) -> bool:
        """Connect as grpc would, without talking: what is wrong shows more clearly so."""
        server = self._run.server
        began = time.monotonic()
        try:
            async with self._connected(None):
                pass
        except (OSError, ValueError) as error:
            failure = failure_of(_unreachable(error), server)
            self._failed("connection", failure.message, failure.next_step, failure.exit)
            return False
        where = "on this machine" if is_local(server) else "over the network"
        took = f"{(time.monotonic() - began) * 1000:.0f} ms"
        self._ok("connection", f"{server} takes connections ({where}, {took})")
        return True

    async def _look_at_tls(self) -> bool:
        """Shake hands, and look at the certificate."""
        server = self._run.server
        if not self._run.tls:
            if is_local(server):
                self._ok("tls", "none, and none needed on one machine")
            else:
                self._warn(
                    "tls",
                    "none: whoever is on the way to the server can read and change everything",
                    "Give the server a certificate, and --tls or --ca-file here.",
                )
            return True
        try:
            context = self._context()
            async with self._connected(context) as certificate:
                self._look_at_certificate(certificate)
        except (OSError, ValueError) as error:
            what = str(getattr(error, "verify_message", "") or error)
            self._failed("tls", f"no TLS with {server}: {what}", _tls_remedy(what))
            return False
        return True

    def _context(self) -> ssl.SSLContext:
        values = self._run.values
        context = ssl.create_default_context(cafile=values.get("ca_file"))
        context.set_alpn_protocols(["h2"])
        if values.get("cert_file") is not None:
            context.load_cert_chain(values["cert_file"], values["key_file"])
        return context

    def _look_at_certificate(self, certificate: dict[str, object]) -> None:
        ends = str(certificate.get("notAfter", ""))
        end = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None
        if end is not None and end - datetime.now(UTC) < _SOON:
            self._warn(
                "tls",
                f"the server's certificate ends {until(end)}",
                "The server's operator renews it.",
            )
        else:
            self._ok("tls", f"trusted, until {until(end)}" if end else "trusted")

    @asynccontextmanager
    async def _connected(self, tls: ssl.SSLContext | None) -> AsyncIterator[dict[str, object]]:
        """Connect, with or without TLS, and give the server's certificate.

        Raises:
            OSError: It cannot be reached, or not be trusted.
            ValueError: The address is none.
        """
        server = self._run.server
        name = self._run.values.get("tls_name") or None
        try:
            async with asyncio.timeout(_SECONDS):
                if server.startswith("unix:"):
                    path = server.removeprefix("unix:").removeprefix("//")
                    _, writer = await asyncio.open_unix_connection(
                        path, ssl=tls, server_hostname=(name or "localhost") if tls else None
                    )
                else:
                    host, port = _host_and_port(server)
                    _, writer = await asyncio.open_connection(
                        host, port, ssl=tls, server_hostname=(name or host) if tls else None
                    )
        except TimeoutError:
            raise OSError(f"no answer within {_SECONDS:g} s") from None
        try:
            yield writer.get_extra_info("peercert") or {}
        finally:
            # What matters was seen; how the other side takes the end of it does not.
            writer.transport.abort()

    async def _ask_server(self, music: Client) -> None:
        self._out.progress("asking the server ...")
        try:
            info = await music.server.info()
        except AppleMusicError as error:
            self._failed_by("server", error)
            return
        self._look_at_token()
        self._look_at_versions(info)
        self._look_at_state(info)
        if info.capabilities is not None:
            self._look_at_capabilities(info.capabilities)
        await self._look_at_accounts(music)
        if self._server_checks:
            self._out.progress("the server is looking into itself ...")
            await self._take_server_checks(music)

    def _look_at_token(self) -> None:
        given = self._run.values.get("access_token_file") is not None
        self._ok("access_token", "accepted" if given else "none given, and none needed for reading")

    def _look_at_versions(self, info: ServerInfo) -> None:
        mine = version("applemusic-grpc")
        said = f"server {info.server_version}, this command {mine}"
        if _series(mine) == _series(info.server_version):
            self._ok("versions", f"{said}, contract {info.contract_version}")
        else:
            self._warn("versions", said, "Bring both to the same version.")

    def _look_at_state(self, info: ServerInfo) -> None:
        match info.state:
            case ServerState.READY:
                self._ok("server", "ready")
            case ServerState.ACTION_REQUIRED:
                for reason in info.action_required:
                    error = AppleMusicError("", reason=reason.name)
                    self._failed(
                        "server", f"somebody has to act: {reason.name}", next_step(error), Exit.ACT
                    )
            case _:
                self._failed("server", str(info.state), "Try again in a while.", Exit.LATER)

    def _look_at_capabilities(self, capabilities: Capabilities) -> None:
        names = Capabilities.__slots__
        missing = [name for name in names if not getattr(capabilities, name)]
        said = ", ".join(name.replace("_", " ") for name in missing)
        if any(name in _NEEDED for name in missing):
            remedy = "`applemusic doctor --server-checks` says why, as far as the server knows."
            self._warn("capabilities", f"does not work: {said}", remedy)
        else:
            self._ok("capabilities", f"all but {said}" if said else "all")

    async def _look_at_accounts(self, music: Client) -> None:
        try:
            accounts = await music.auth.accounts().to_list()
        except (AccessDeniedError, AccessTokenMissingError):
            self._add("accounts", CheckStatus.SKIPPED, "the access token may not list them")
            return
        except AppleMusicError as error:
            self._failed_by("accounts", error)
            return
        if not accounts:
            self._failed(
                "accounts", "nobody is signed in", "Run `applemusic sign-in`.", Exit.SIGN_IN
            )
        for account in accounts:
            self._look_at_account(account)
        chosen = self._run.account
        if len(accounts) > 1 and not chosen:
            many = counted(len(accounts), "account")
            self._warn("account", f"there are {many} and none is named", "Give --account.")

    def _look_at_account(self, account: Account) -> None:
        holds = until(account.token_assumed_expire_time)
        again = f"`applemusic sign-in --account {account.id}`."
        who = f"{account.id}: {account.state}" + (f", holds until {holds}" if holds else "")
        if account.state not in {AccountState.ACTIVE, AccountState.EXPIRING}:
            self._failed("account", who, f"Sign in again: {again}", Exit.SIGN_IN)
        elif account.subscription_state is SubscriptionState.INACTIVE:
            self._warn("account", f"{who}; no subscription: songs will not play", "Subscribe.")
        elif account.state is AccountState.EXPIRING:
            self._warn("account", who, f"Sign in again before it ends: {again}")
        else:
            self._ok("account", who)

    async def _take_server_checks(self, music: Client) -> None:
        try:
            found = await music.server.diagnostics()
        except AppleMusicError as error:
            self._failed_by("server_checks", error)
            return
        for check in found.checks:
            self._checks.append(check)
            if check.status is CheckStatus.FAILED and self.exit is Exit.DONE:
                self.exit = Exit.ACT

    def _look_for_players(self) -> None:
        found = found_players(self._run.terminal)
        if found:
            self._ok("player", ", ".join(found))
        else:
            self._warn(
                "player",
                f"none of {', '.join(KNOWN)} is installed",
                "Install mpv, or pipe: `applemusic play --output -`.",
            )

    def _ok(self, name: str, message: str) -> None:
        self._add(name, CheckStatus.OK, message)

    def _warn(self, name: str, message: str, remedy: str) -> None:
        self._add(name, CheckStatus.WARNING, message, remedy)

    def _failed(
        self, name: str, message: str, remedy: str, exit_code: Exit = Exit.UNREACHABLE
    ) -> None:
        self._add(name, CheckStatus.FAILED, message, remedy)
        if self.exit is Exit.DONE:
            self.exit = exit_code

    def _failed_by(self, name: str, error: AppleMusicError) -> None:
        failure: Failure = failure_of(error, self._run.server)
        reason = ErrorReason.__members__.get(failure.reason, ErrorReason.UNKNOWN)
        self._add(name, CheckStatus.FAILED, failure.message, failure.next_step, reason)
        if self.exit is Exit.DONE:
            self.exit = failure.exit

    def _add(
        self,
        name: str,
        status: CheckStatus,
        message: str,
        remedy: str = "",
        reason: ErrorReason = ErrorReason.UNKNOWN,
    ) -> None:
        self._checks.append(
            DiagnosticCheck(name=name, status=status, message=message, remedy=remedy, reason=reason)
        )


def _host_and_port(server: str) -> tuple[str, int]:
    """Return the parts of an address; grpc's own default port is that of https."""
    parts = urlsplit(f"//{server.rpartition('/')[2]}")
    return parts.hostname or "", parts.port or _HTTPS


def _unreachable(error: Exception) -> AppleMusicError:
    from applemusic.errors import ConnectError  # noqa: PLC0415 - used here only

    found = ConnectError(str(error))
    found.what = str(error)
    return found


def _series(number: str) -> list[str]:
    return number.split(".")[:2]


def _tls_remedy(what: str) -> str:
    if "hostname" in what.lower() or "ip address mismatch" in what.lower():
        return "Connect to a name that is in the certificate, or give --tls-name."
    if "WRONG_VERSION_NUMBER" in what:
        return "The server speaks no TLS: connect without --tls."
    if "CERTIFICATE_REQUIRED" in what.upper().replace(" ", "_"):
        return "The server wants a certificate: give --cert-file and --key-file."
    return "Give --ca-file with the certificate of the authority that issued the server's."
