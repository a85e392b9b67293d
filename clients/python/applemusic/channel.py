"""Opening the connection to the server."""

from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import grpc
from grpc import aio

from applemusic.config import ClientConfig, TLSConfig, is_local

_RECONNECT_MS: Final = 200  # grpc's own second is long beside the burst of a stream
_WINDOW_BYTES: Final = 256 * 1024


def open_channel(target: str, config: ClientConfig) -> aio.Channel:
    """Return a channel that connects with its first call. Must be called in a running loop.

    Args:
        target: `host:port` or `unix:///path`.
        config: What `ClientConfig` says.

    Raises:
        ValueError: The access token would travel in plain text.
        OSError: A TLS file cannot be read.
    """
    config.check(target)
    options = channel_options(config)
    if is_local(target):
        # grpc would ask the proxy of `http_proxy`, to which loopback is another machine.
        options.append(("grpc.enable_http_proxy", 0))
    if config.tls is None:
        channel = aio.insecure_channel(target, options=options)
    else:
        if config.tls.server_name:
            options.append(("grpc.ssl_target_name_override", config.tls.server_name))
        channel = aio.secure_channel(target, _credentials(config.tls), options=options)
    if config.access_token or config.headers is not None:
        return HeadedChannel(channel, config)
    return channel


def channel_options(config: ClientConfig) -> list[tuple[str, Any]]:
    """Return grpc's options for a configuration."""
    return [
        ("grpc.service_config", service_config()),
        ("grpc.enable_retries", 1),
        # Audio comes in chunks of 56 KiB. In frames of 16 KiB, and with a window that is measured
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
    """Return the retry policy and default deadlines, the same JSON for all languages."""
    return (resources.files("applemusic.v1") / "service_config.json").read_text("utf-8")


def _credentials(tls: TLSConfig) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(
        root_certificates=_read(tls.ca_file),
        private_key=_read(tls.key_file),
        certificate_chain=_read(tls.cert_file),
    )


def _read(path: Path | str | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()


class HeadedChannel(aio.Channel):
    """Adds the access token, and what the caller wants to send besides, to every call of another.

    grpc refuses call credentials without TLS, and interceptors change how streams are read and
    cancelled: one header per call is all that is needed.
    """

    def __init__(self, channel: aio.Channel, config: ClientConfig) -> None:
        self._channel = channel
        token = config.access_token
        self._token = (("authorization", f"Bearer {token}"),) if token else ()
        self._more = config.headers or tuple

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        """Return a callable as grpc does."""
        return self._headed(self._channel.unary_unary(*args, **kwargs))

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        """Return a callable as grpc does."""
        return self._headed(self._channel.unary_stream(*args, **kwargs))

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        """Return a callable as grpc does."""
        return self._headed(self._channel.stream_unary(*args, **kwargs))

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        """Return a callable as grpc does."""
        return self._headed(self._channel.stream_stream(*args, **kwargs))

    async def close(self, grace: float | None = None) -> None:
        """Close the channel behind."""
        await self._channel.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:  # noqa: FBT001, FBT002 - grpc's signature
        """Return the state of the channel behind."""
        return self._channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Wait as the channel behind does."""
        await self._channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Wait until the channel behind is connected."""
        await self._channel.channel_ready()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await self.close()

    def _headed(self, call: Any) -> Any:
        def invoke(request: Any = None, *, metadata: Any = None, **kwargs: Any) -> Any:
            return call(
                request, metadata=(*(metadata or ()), *self._token, *self._more()), **kwargs
            )

        return invoke
