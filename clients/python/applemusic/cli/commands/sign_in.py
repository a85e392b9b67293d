"""`applemusic sign-in`."""

import asyncio
from pathlib import Path

import click

from applemusic.cli.command import Command
from applemusic.cli.exits import Exit
from applemusic.cli.problems import Problem
from applemusic.cli.session import Session, with_server

_MOST_OF_A_TOKEN = 8192


@click.command(
    "sign-in",
    cls=Command,
    examples=(
        "applemusic sign-in",
        "applemusic sign-in --account anna --name Anna",
        "applemusic sign-in --account kid --token-file token.txt",
    ),
)
@click.option("--name", default="", help="Name to show for the account.")
@click.option("--qr/--no-qr", default=None, help="Draw a QR code; by default on a terminal.")
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Bring a music user token by hand, from a file or - for stdin, and use no browser.",
)
@with_server
async def command(session: Session, *, name: str, qr: bool | None, token_file: Path | None) -> Exit:
    """Sign a listener in with a link, a code or a QR code.

    Shows all three and waits. Open the link, scan the QR code with a phone, or type the code at the
    address that is shown. --account names the account to make or to sign in again. Ctrl-C gives up.
    Exit code 0 says that the account is signed in. With --json: a line with the link and the code,
    then a line per state.
    """
    if token_file is not None:
        return await _submit(session, token_file, name)
    # For this alone: it draws the QR code.
    from applemusic.cli.sign_in import JsonScreen, Screen, sign_in  # noqa: PLC0415 - see above

    terminal = session.terminal
    screen: Screen | JsonScreen = JsonScreen(session.out)
    if not session.out.json:
        drawn = False if qr is None and not terminal.out.isatty() else qr
        screen = Screen(terminal.out, qr=drawn, colours=terminal.colours)
    try:
        with session.while_read():
            done = await sign_in(session.music, screen, account=session.run.account, name=name)
    except asyncio.CancelledError:
        session.out.note("\nGiven up; the link and the code do not work any more.")
        raise
    return Exit.DONE if done else Exit.SIGN_IN


async def _submit(session: Session, token_file: Path, name: str) -> Exit:
    if token_file == Path("-"):
        token = session.terminal.input.read(_MOST_OF_A_TOKEN)
    else:
        token = _read(token_file)
    account = await session.music.auth.submit_music_user_token(token.strip(), display_name=name)
    if session.out.json:
        session.out.document(account)
    else:
        session.out.text(f"Signed in: {account.id}, storefront {account.storefront}.")
    return Exit.DONE


def _read(token_file: Path) -> str:
    try:
        return token_file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"{token_file} cannot be read: {error}", exit_code=Exit.USAGE) from error
