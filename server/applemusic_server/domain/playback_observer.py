"""Who watches streams: metrics and logs, told by the place where audio leaves the server."""

from typing import Protocol

from applemusic_server.domain.audio import AudioFrame, AudioRequest, StreamNumbers


class StreamObservation(Protocol):
    """Watches one stream from the arrival of the call to its end."""

    def sent(self, frame: AudioFrame) -> None:
        """Note that a frame has left the server (not: was produced)."""
        ...

    def measured(self, numbers: StreamNumbers) -> None:
        """Note what the stream came to, before `ended`; not called for one that was not let in."""
        ...

    def ended(self, error: BaseException | None) -> None:
        """Note the end, once: None when the summary was sent, else what ended the stream."""
        ...


class PlaybackObserver(Protocol):
    """Watches all streams."""

    @property
    def active_streams(self) -> int:
        """How many streams are open now."""
        ...

    def opened(self, request: AudioRequest) -> StreamObservation:
        """Begin to watch a stream; call it when the call arrives."""
        ...
