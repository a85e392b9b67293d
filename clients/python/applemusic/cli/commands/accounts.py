"""`applemusic accounts`."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import aclosing
from typing import Any

import click

from applemusic.cli.command import Group
from applemusic.cli.options import confirmed
from applemusic.cli.session import Session, with_server
from applemusic.cli.showing.cells import clean
from applemusic.cli.showing.fields import moment, until
from applemusic.cli.showing.table import Column, Table
from applemusic.models.account import Account, AccountEvent


@click.group(
    "accounts",
    cls=Group,
    invoke_without_command=True,
    examples=(
        "applemusic accounts",
        "applemusic accounts renew anna",
        "applemusic accounts sign-out anna",
    ),
)
@click.pass_context
def command(context: click.Context) -> Awaitable[Any] | None:
    """List, renew and sign out the listeners of the server."""
    if context.invoked_subcommand is None:
        return _list()
    return None


@with_server
async def _list(session: Session) -> None:
    taken = await session.take(session.music.auth.accounts(), None, "account")
    if session.out.json:
        session.out.document(taken.document())
        return
    session.out.table(accounts_table(taken.items))
    if not taken.items:
        session.out.note("Nobody is signed in. `applemusic sign-in` begins.")


@command.command("list")
def list_command() -> Awaitable[Any]:
    """List the accounts."""
    return _list()


@command.command("show", examples=("applemusic accounts show anna",))
@click.argument("name", metavar="[ACCOUNT]", default="")
@with_server
async def show(session: Session, *, name: str) -> None:
    """Show one account.

    Without a name the one that --account says, or the only one.
    """
    found = await session.music.auth.get_account(name or None)
    if session.out.json:
        session.out.document(found)
        return
    session.out.facts(
        (
            ("Account", found.id),
            ("Name", found.display_name),
            ("State", str(found.state)),
            ("Subscription", str(found.subscription_state)),
            ("Storefront", found.storefront),
            ("Languages", ", ".join(found.language_tags)),
            ("Signed in", moment(found.token_first_seen_time)),
            ("Renewed", moment(found.token_renewed_time)),
            ("Holds until", until(found.token_assumed_expire_time)),
            ("Last proven", moment(found.last_verified_time)),
            ("Team", found.team_id),
        )
    )


@command.command("renew", examples=("applemusic accounts renew anna",))
@click.argument("name", metavar="[ACCOUNT]", default="")
@with_server
async def renew(session: Session, *, name: str) -> None:
    """Ask Apple for a new music user token now.

    The server does so by itself in time.
    """
    found = await session.music.auth.renew_music_user_token(name or None)
    if session.out.json:
        session.out.document(found)
    else:
        holds = until(found.token_assumed_expire_time)
        session.out.text(f"Renewed {found.id}" + (f": holds until {holds}." if holds else "."))


@command.command("sign-out", examples=("applemusic accounts sign-out anna --yes",))
@click.argument("name", metavar="ACCOUNT")
@click.option(
    "--revoke", is_flag=True, help="Make the sign-in useless for every other program, too."
)
@confirmed
@with_server
async def sign_out(session: Session, *, name: str, revoke: bool, yes: bool) -> None:
    """Forget an ACCOUNT. To come back, the person signs in again."""
    # The server signs out whom it does not know, too: a slip of the pen would pass for done.
    await session.music.auth.get_account(name)
    session.confirm(f"Sign {name} out?", yes=yes)
    await session.music.auth.sign_out(name, revoke_at_apple=revoke)
    if session.out.json:
        session.out.document({"signed_out": name})
    else:
        session.out.text(f"Signed {name} out.")


@command.command("watch", examples=("applemusic accounts watch --json",))
@click.argument("names", metavar="[ACCOUNT]...", nargs=-1)
@with_server
async def watch(session: Session, *, names: tuple[str, ...]) -> None:
    """Show what happens to accounts, as it happens, until Ctrl-C."""
    events = session.music.auth.watch_accounts(names)
    with session.while_read():
        await _show_events(session, events)


async def _show_events(session: Session, events: AsyncIterator[AccountEvent]) -> None:
    async with aclosing(events) as each:  # type: ignore[type-var] # it is a generator
        async for event in each:
            if session.out.json:
                session.out.record(event)
                continue
            who = event.account.id if event.account else ""
            state = "" if event.account is None else f" ({event.account.state})"
            kind = str(event.kind).replace("_", " ")
            session.out.text(f"{moment(event.event_time)}  {who}: {kind}{state}")
            session.out.flush()


def accounts_table(accounts: list[Account], *, title: str = "") -> Table:
    """Return accounts as a table."""
    columns = (
        Column("Account"),
        Column("Name", flexible=True),
        Column("State"),
        Column("Subscription", spare=2),
        Column("Storefront", spare=3),
        Column("Holds until", spare=1),
    )
    rows = [
        [
            each.id,
            clean(each.display_name),
            str(each.state),
            str(each.subscription_state),
            each.storefront,
            until(each.token_assumed_expire_time),
        ]
        for each in accounts
    ]
    return Table(columns, rows, title)
