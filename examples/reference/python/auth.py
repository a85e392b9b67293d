"""AuthService: a function for each RPC."""

from applemusic import Client


async def begin_sign_in(music: Client) -> None:
    sign_in = await music.auth.begin_sign_in(account="guest", display_name="Guest")
    print("open", sign_in.url, "or type", sign_in.user_code, "at", sign_in.link_url)


async def watch_sign_in(music: Client, sign_in_id: str) -> None:
    async for status in music.auth.watch_sign_in(sign_in_id):
        print(status.state, status.message)


async def cancel_sign_in(music: Client, sign_in_id: str) -> None:
    await music.auth.cancel_sign_in(sign_in_id)
    print("cancelled")


async def submit_music_user_token(music: Client, token: str) -> None:
    # From a file that only you can read: never a literal, never on a command line.
    account = await music.auth.submit_music_user_token(token, account="guest")
    print(account.id, account.storefront, account.state)


async def list_accounts(music: Client) -> None:
    async for account in music.auth.accounts():
        print(account.id, account.display_name, account.state)


async def get_account(music: Client) -> None:
    account = await music.auth.get_account("guest")
    print(account.id, account.subscription_state, account.token_assumed_expire_time)


async def watch_accounts(music: Client) -> None:
    async for event in music.auth.watch_accounts():
        print(event.kind, event.account and event.account.id)
        break  # or never: it goes on across restarts of the server


async def renew_music_user_token(music: Client) -> None:
    account = await music.auth.renew_music_user_token("guest")
    print(account.id, account.token_renewed_time)


async def sign_out(music: Client) -> None:
    await music.auth.sign_out("guest")
    print("the server has forgotten guest")
