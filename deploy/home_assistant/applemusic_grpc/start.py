"""Starts the server in Home Assistant: the app's options become its settings.

    start.py serve     with the options in /data/options.json
    start.py health    asks the server that runs here whether it serves

Home Assistant shows the app's folder to people as `addon_configs/..._applemusic_grpc`; in the app
it is /config. Secrets lie there as files; the server gets copies that nobody else can read, because
what people put there by Samba or an editor can often be read by everybody, which it refuses.
"""

import json
import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

SERVER = "/opt/applemusic/bin/applemusic-server"
ACCESS_TOKEN = "access-token"  # noqa: S105 - a file's name
# The server's user and group, as in its own image; not root's.
NOBODY = 65532

# Option, section and key of the server.
_FILES = (
    ("developer_token_file", "developer_token", "token_file"),
    ("musickit_key_file", "developer_token", "private_key_file"),
    ("widevine_device_file", "widevine", "device_file"),
)


class OptionsError(Exception):
    """The app's options do not fit; the message says which and what to do."""


class App:
    """The folders that Home Assistant gives an app.

    Args:
        data: Kept, and part of Home Assistant's backups.
        config: Shown to people.
        ssl: Home Assistant's certificates.
        run: For this start alone, in memory.
    """

    def __init__(
        self,
        data: Path = Path("/data"),
        config: Path = Path("/config"),
        ssl: Path = Path("/ssl"),
        run: Path = Path("/tmp/applemusic"),  # noqa: S108 - in memory, and empty at each start
    ) -> None:
        self.data = data
        self.config = config
        self.ssl = ssl
        self.run = run

    @property
    def state(self) -> Path:
        """Database and encryption key."""
        return self.data / "server"

    @property
    def configuration(self) -> Path:
        """What the server is told; also for the probe."""
        return self.run / "server.toml"

    def options(self) -> dict[str, Any]:
        """What the user chose."""
        found: dict[str, Any] = json.loads((self.data / "options.json").read_text("utf-8"))
        return found

    def prepare(self) -> None:
        """Make the folders, and an access token for Music Assistant where there is none yet."""
        for folder in (self.run, self.state):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        token = self.config / ACCESS_TOKEN
        if not token.exists():
            token.touch(mode=0o600)
            token.write_text(f"amg_{secrets.token_hex(6)}_{secrets.token_hex(32)}\n", "ascii")
            print(f"Made an access token: file {ACCESS_TOKEN} in the app's folder", flush=True)

    def secret(self, option: str, folder: Path, name: str) -> str:
        """Copy a file for the server alone; return where.

        Raises:
            OptionsError: It is not there, or lies outside the folder.
        """
        source = (folder / name).resolve()
        if not source.is_relative_to(folder.resolve()) or not source.is_file():
            raise OptionsError(
                f"option {option}: there is no file {name!r} in {folder}. Put it into the folder "
                "addon_configs/..._applemusic_grpc (certificates: ssl), by Samba or the file editor"
            )
        target = self.run / option
        target.unlink(missing_ok=True)
        target.touch(mode=0o600)
        shutil.copyfile(source, target)
        return str(target)

    def hand_over(self, owner: int) -> None:
        """Give what the server works with to the user that it runs as."""
        for folder in (self.run, self.state):
            for path in (folder, *folder.rglob("*")):
                # The server writes here: a link that it left must not give it another's file.
                os.chown(path, owner, owner, follow_symlinks=False)


def settings(app: App, options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the server's settings, by section.

    Raises:
        OptionsError: An option names a file that is not there.
    """
    found: dict[str, dict[str, Any]] = {
        # Networks of Home Assistant's own: callers show the access token, and only ingress leads to
        # the pages.
        "grpc": {"host": "0.0.0.0", "port": 50051},  # noqa: S104 - see above
        "web": {
            "host": "0.0.0.0",  # noqa: S104 - see above
            "port": 8780,
            "frame_ancestors": ["self"],
            "allowed_origins": [
                "http://homeassistant.local:8123",
                *(url.rstrip("/") for url in options.get("external_urls", ())),
            ],
        },
        "apple": {"storefront": options.get("storefront", "us")},
        "log": {"level": options.get("log_level", "info"), "format": "console"},
        "storage": {"data_dir": str(app.state)},
        "access.tokens.home": {
            "token_file": app.secret(ACCESS_TOKEN, app.config, ACCESS_TOKEN),
            # Signing in is for who may do everything, and this token is the household's own.
            "scopes": ["read", "control", "stream", "admin"],
        },
    }
    for option, section, key in _FILES:
        if name := options.get(option):
            found.setdefault(section, {})[key] = app.secret(option, app.config, name)
    for option, key in (("musickit_key_id", "key_id"), ("musickit_team_id", "team_id")):
        if value := options.get(option):
            found.setdefault("developer_token", {})[key] = value
    if options.get("ssl"):
        found["tls"] = {
            key: app.secret(option, app.ssl, options.get(option) or "")
            for option, key in (("certfile", "certificate_file"), ("keyfile", "private_key_file"))
        }
    return found


def as_toml(sections: Mapping[str, Mapping[str, Any]]) -> str:
    """Write settings as the server reads them; JSON's strings, numbers and lists are TOML's."""
    return "".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
        for name, values in sections.items()
    )


def serve(app: App) -> NoReturn:
    """Become the server, as its own user."""
    try:
        app.prepare()
        configuration = as_toml(settings(app, app.options()))
    except OptionsError as error:
        sys.exit(f"applemusic-grpc: {error}")
    app.configuration.write_text(configuration, "utf-8")
    app.hand_over(NOBODY)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    os.chdir(app.state)
    os.execv(SERVER, [SERVER, "serve", "--config", str(app.configuration)])  # noqa: S606 - ours


def health(app: App) -> NoReturn:
    """Become the probe."""
    os.execv(SERVER, [SERVER, "health", "--config", str(app.configuration)])  # noqa: S606 - ours


if __name__ == "__main__":
    if sys.argv[1:] == ["health"]:
        health(App())
    serve(App())
