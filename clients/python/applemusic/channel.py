"""Opening the connection to the server."""

from importlib import resources
from pathlib import Path
from typing import Any, Final

import grpc
from grpc import aio

from applemusic.call_headers import CallHeaders
from applemusic.config import ClientConfig, TLSConfig, is_local
from applemusic.headed_channel import HeadedChannel
from applemusic.interceptors import with_guards

_RECONNECT_MS: Final = 200  # grpc's own second is long beside the burst of a stream
_WINDOW_BYTES: Final = 256 * 1024


def open_channel(target: str, config: ClientConfig) -> aio.Channel:
    """Return a channel that connects with its first call. Must be called in a running loop.

    Args:
        target: `host:port` or `unix:///path`.
        config: What `ClientConfig` says.

    Raises:
        ValueError: The access token or the call credentials would travel in plain text.
        OSError: A TLS file cannot be read.
    """
    config.check(target)
    options = channel_options(config)
    interceptors = with_guards(config.interceptors)
    if is_local(target):
        # grpc would ask the proxy of `http_proxy`, to which loopback is another machine.
        options.append(("grpc.enable_http_proxy", 0))
    if config.tls is None:
        channel = aio.insecure_channel(target, options=options, interceptors=interceptors)
    else:
        if config.tls.server_name:
            options.append(("grpc.ssl_target_name_override", config.tls.server_name))
        credentials = _credentials(config.tls)
        if config.call_credentials is not None:
            credentials = grpc.composite_channel_credentials(credentials, config.call_credentials)
        channel = aio.secure_channel(
            target, credentials, options=options, interceptors=interceptors
        )
    return HeadedChannel(channel, CallHeaders(config))


def channel_options(config: ClientConfig) -> list[tuple[str, Any]]:
    """Return grpc's options for a configuration."""
    return [
        ("grpc.service_config", service_config()),
        ("grpc.enable_retries", 1),
        # Audio comes in chunks of 120 KiB. In frames of 16 KiB, and with a window that is measured
        # by pings, they cost the server a tenth more CPU (docs/performance.md). The window is 8 s
        # of audio, or 2.5 MB/s over a round trip of 100 ms.
        ("grpc.http2.max_frame_size", _WINDOW_BYTES),
        ("grpc.http2.lookahead_bytes", _WINDOW_BYTES),
        ("grpc.http2.bdp_probe", 0),
        ("grpc.keepalive_time_ms", round(config.keepalive_seconds * 1000)),
        ("grpc.keepalive_timeout_ms", round(config.keepalive_timeout_seconds * 1000)),
        # Streams may be silent for long, so their connection is checked without end ...
        ("grpc.http2.max_pings_without_data", 0),
        # ... and an idle connection, on which nobody waits, is not.
        ("grpc.keepalive_permit_without_calls", 0),
        ("grpc.max_receive_message_length", config.max_receive_bytes),
        ("grpc.max_send_message_length", config.max_send_bytes),
        ("grpc.initial_reconnect_backoff_ms", _RECONNECT_MS),
        ("grpc.max_reconnect_backoff_ms", round(config.backoff.maximum * 1000) or _RECONNECT_MS),
        # Each client has a connection of its own: closing one never touches another.
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.primary_user_agent", "applemusic-python"),
    ]


def service_config() -> str:
    """Return the retry policy and default deadlines: the contract's JSON, for all languages."""
    return (resources.files("applemusic.v1") / "service_config.json").read_text("utf-8")


def _credentials(tls: TLSConfig) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(
        root_certificates=_read(tls.ca_file),
        private_key=_read(tls.key_file),
        certificate_chain=_read(tls.cert_file),
    )


def _read(path: Path | str | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()
