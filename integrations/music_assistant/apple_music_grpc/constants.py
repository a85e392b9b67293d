"""Names that the parts of the provider share."""

from typing import Final

DOMAIN: Final = "apple_music_grpc"
DOCUMENTATION: Final = (
    "https://github.com/applemusic-grpc/applemusic-grpc/blob/main/docs/music-assistant.md"
)

CONF_ADDRESS: Final = "address"
CONF_ACCESS_TOKEN: Final = "access_token"  # noqa: S105 - the name of a setting
CONF_TLS: Final = "tls"
CONF_CA_FILE: Final = "ca_file"
CONF_CERT_FILE: Final = "cert_file"
CONF_KEY_FILE: Final = "key_file"
CONF_SERVER_NAME: Final = "server_name"
CONF_ALLOW_PLAINTEXT_TOKEN: Final = "allow_plaintext_token"  # noqa: S105 - the name of a setting
CONF_ACCOUNT: Final = "account"
CONF_PASTED_TOKEN: Final = "music_user_token"  # noqa: S105 - the name of a setting

CONF_DEVELOPER_TOKEN: Final = "own_developer_token"  # noqa: S105 - the name of a setting
OWN_KEY: Final = "own"
HOST_TOKEN: Final = "host"  # noqa: S105 - the name of a choice

OWN_SERVER: Final = {
    "own_private_key_file": "developer_token.private_key_file",
    "own_key_id": "developer_token.key_id",
    "own_team_id": "developer_token.team_id",
    "own_token_file": "developer_token.token_file",
    "own_device_file": "widevine.device_file",
    "own_web_host": "web.host",
    "own_web_port": "web.port",
    "own_public_url": "web.public_url",
}
"""Settings of a server of the provider's own: the server's names for them."""

CONNECT_SECONDS: Final = 20.0
"""How long the server may take to answer when the provider is loaded: the host allows 30 s."""

SIGN_IN_SECONDS: Final = 600.0
"""How long a person may take to sign in when the server does not say."""
