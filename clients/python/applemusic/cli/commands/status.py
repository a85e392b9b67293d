"""`applemusic status`."""

from dataclasses import fields
from typing import Final

import click

from applemusic.cli.command import Command
from applemusic.cli.commands.accounts import accounts_table
from applemusic.cli.exits import Exit
from applemusic.cli.session import Session, with_server
from applemusic.cli.showing.fields import moment, until
from applemusic.cli.showing.jsonable import jsonable
from applemusic.models.account import Account
from applemusic.models.server import Capabilities, ServerInfo, ServerState

_WIDE: Final = len("Developer token")


@click.command(
    "status",
    cls=Command,
    examples=("applemusic status", "applemusic status --json | jq .server.capabilities"),
)
@with_server
async def command(session: Session) -> Exit:
    """Show the server's state, what works, who is signed in.

    The exit code is 0 if music plays as far as the server knows, 10 if a person has to act first,
    9 while it starts or ends.
    """
    info = await session.music.server.info()
    accounts = await _accounts(session)
    if session.out.json:
        session.out.document({"server": info, "accounts": jsonable(accounts)})
    else:
        _write(session, info, accounts)
    if info.state is ServerState.READY:
        return Exit.DONE
    return Exit.ACT if info.state is ServerState.ACTION_REQUIRED else Exit.LATER


async def _accounts(session: Session) -> list[Account] | None:
    """Return the accounts; None where the access token may not list them."""
    from applemusic.errors import AccessDeniedError  # noqa: PLC0415 - loads grpc

    try:
        return await session.music.auth.accounts().to_list()
    except AccessDeniedError:
        return None


def _write(session: Session, info: ServerInfo, accounts: list[Account] | None) -> None:
    out = session.out
    streams = f"{info.active_stream_count} of {info.max_stream_count}"
    facts = (
        ("Server", f"{session.run.server}, version {info.server_version}"),
        ("State", str(info.state).replace("_", " ")),
        ("Since", moment(info.start_time)),
        ("Streams", streams if info.max_stream_count else str(info.active_stream_count)),
        ("Developer token", _token(info)),
        ("Storefront", info.default_storefront),
    )
    out.facts(facts)
    out.facts([("To do", _to_do(reason.name)) for reason in info.action_required], _WIDE)
    if info.capabilities is not None:
        works, missing = _works(info.capabilities)
        said = ", ".join(works) if missing else "everything"
        out.facts([("Works", said or "nothing"), ("Does not work", ", ".join(missing))], _WIDE)
    if accounts is None:
        out.note("The access token may not list accounts.")
    elif accounts:
        out.text()
        out.table(accounts_table(accounts))
    else:
        out.note("Nobody is signed in. `applemusic sign-in` begins.")


def _token(info: ServerInfo) -> str:
    if info.developer_token_expire_time is None:
        return "none"
    team = f", team {info.team_id}" if info.team_id else ""
    return f"until {until(info.developer_token_expire_time)}{team}"


def _to_do(reason: str) -> str:
    """Return what to do about a reason that the server names without an error."""
    from applemusic.cli.next_steps import next_step  # noqa: PLC0415 - only where something is wrong
    from applemusic.errors import AppleMusicError  # noqa: PLC0415 - loads grpc

    return f"{next_step(AppleMusicError('', reason=reason))} ({reason})"


def _works(capabilities: Capabilities) -> tuple[list[str], list[str]]:
    works: list[str] = []
    missing: list[str] = []
    for field in fields(capabilities):
        chosen = works if getattr(capabilities, field.name) else missing
        chosen.append(field.name.replace("_", " "))
    return works, missing
