"""ServerService: a function for each RPC."""

from applemusic import Client


async def get_server_info(music: Client) -> None:
    info = await music.server.info()
    print(info.server_version, info.state)
    if info.capabilities is not None and info.capabilities.playback:
        print("songs can be played")


async def get_diagnostics(music: Client) -> None:
    found = await music.server.diagnostics(offline=True)
    for check in found.checks:
        print(check.name, check.status, check.message, check.remedy)
