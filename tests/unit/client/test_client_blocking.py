"""The client for scripts: it waits, it can be interrupted, and it leaves nothing behind."""

import contextvars
import gc
import inspect
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pool, message_factory

import applemusic
from applemusic import blocking, errors
from applemusic.models import AudioEvent, Song, SyncCheckpoint
from applemusic.v1 import audio_service_pb2 as audio
from applemusic.v1 import catalog_service_pb2 as catalog
from applemusic.v1 import library_service_pb2 as library
from applemusic.v1 import media_pb2 as media
from applemusic.v1 import server_service_pb2 as pb

CONTROLLERS = (
    "auth",
    "catalog",
    "library",
    "favorites",
    "radio",
    "recommendations",
    "audio",
    "server",
)
SECONDS = 20.0


class Waiting:
    """A call that waits until the caller is gone."""

    def __init__(self) -> None:
        self.begun, self.left = threading.Event(), threading.Event()

    def __call__(self, _: Any, context: grpc.ServicerContext) -> Any:
        context.add_callback(self.left.set)
        self.begun.set()
        self.left.wait(SECONDS)
        return pb.GetServerInfoResponse()


def song_stream(*_: Any) -> Iterator[audio.AudioStreamResponse]:
    yield audio.AudioStreamResponse(header=audio.AudioHeader(total_bytes=6, seekable=True))
    for offset in (0, 2, 4):
        event = audio.AudioEvent(kind=audio.AUDIO_EVENT_KIND_STALLED)
        yield audio.AudioStreamResponse(event=event)
        chunk = audio.AudioChunk(byte_offset=offset, data=b"ab")
        yield audio.AudioStreamResponse(chunk=chunk)
    yield audio.AudioStreamResponse(summary=audio.AudioSummary(byte_count=6))


def top_songs(request: Any, _: Any) -> catalog.ListArtistTopSongsResponse:
    page = int(request.page_token or "1")
    songs = [media.Song(id=f"{page}{each}") for each in "ab"]
    token = "" if page == 3 else str(page + 1)
    return catalog.ListArtistTopSongsResponse(songs=songs, next_page_token=token)


Serve = Callable[[dict[str, Callable[[Any, Any], Any]]], str]


@pytest.fixture
def serve_threads() -> Iterator[Serve]:
    """Start a server that needs no event loop: a script has none."""
    servers: list[grpc.Server] = []

    def start(methods: dict[str, Callable[[Any, Any], Any]]) -> str:
        server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
        for name, function in methods.items():
            service_name, method_name = name.split(".")
            service = descriptor_pool.Default().FindServiceByName(f"applemusic.v1.{service_name}")
            method = service.methods_by_name[method_name]
            make = (
                grpc.unary_stream_rpc_method_handler
                if method.server_streaming
                else grpc.unary_unary_rpc_method_handler
            )
            request = message_factory.GetMessageClass(method.input_type)
            handler: grpc.RpcMethodHandler[Any, Any] = make(
                function,
                request_deserializer=request.FromString,
                response_serializer=lambda message: message.SerializeToString(),
            )
            handlers = {method_name: handler}
            server.add_generic_rpc_handlers(
                [grpc.method_handlers_generic_handler(service.full_name, handlers)]
            )
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        return f"127.0.0.1:{port}"

    yield start
    for server in servers:
        server.stop(None).wait(SECONDS)


def info(*_: Any) -> pb.GetServerInfoResponse:
    return pb.GetServerInfoResponse(server_version="0.1.0", state=pb.SERVER_STATE_READY)


@pytest.mark.parametrize("name", CONTROLLERS)
def test_it_has_the_same_surface(name: str) -> None:
    behind, waiting = (
        getattr(kind(config=applemusic.ClientConfig()), name)
        for kind in (applemusic.Client, blocking.Client)
    )
    methods = {each for each in dir(behind) if not each.startswith("_")}
    assert methods == {each for each in dir(waiting) if not each.startswith("_")}
    for method in methods:
        signatures = [inspect.signature(getattr(each, method)) for each in (behind, waiting)]
        assert signatures[0].parameters == signatures[1].parameters, method
        assert inspect.getdoc(getattr(waiting, method))
        assert not inspect.iscoroutinefunction(getattr(waiting, method))


def test_streams_have_the_same_surface() -> None:
    for behind, waiting in (
        (applemusic.AudioStream, blocking.AudioStream),
        (applemusic.Pager, blocking.Pager),
    ):
        names = {each for each in dir(behind) if not each.startswith("_")}
        assert names == {each for each in dir(waiting) if not each.startswith("_")}


def test_calls_pages_and_errors(serve_threads: Serve) -> None:
    target = serve_threads(
        {"ServerService.GetServerInfo": info, "CatalogService.ListArtistTopSongs": top_songs}
    )
    with blocking.Client(target) as music:
        assert music.wait_ready(SECONDS).server_version == "0.1.0"
        top = music.catalog.artist_top_songs("1")
        assert [song.id for song in top] == ["1a", "1b", "2a", "2b", "3a", "3b"]
        assert [len(page) for page in top.pages()] == [2, 2, 2]
        first = top.first()
        assert first is not None
        assert first.id == "1a"
        assert len(top.to_list(3)) == 3
        with pytest.raises(errors.UnimplementedError):
            music.catalog.get_song("1")
        with pytest.raises(TypeError):
            music.catalog.get_song()  # type: ignore[call-arg]  # what is tested


def test_what_the_client_lists_can_be_given_to_it(serve_threads: Serve) -> None:
    given: list[str] = []

    def add(request: library.AddToLibraryRequest, _: Any) -> library.AddToLibraryResponse:
        given.extend(item.id for item in request.resources)
        return library.AddToLibraryResponse()

    target = serve_threads(
        {"LibraryService.AddToLibrary": add, "CatalogService.ListArtistTopSongs": top_songs}
    )
    with blocking.Client(target) as music:
        assert music.library.add(music.catalog.artist_top_songs("1")) == ()
    assert given == ["1a", "1b", "2a", "2b", "3a", "3b"]


def test_audio(serve_threads: Serve) -> None:
    seen: list[str] = []
    with blocking.Client(serve_threads({"AudioService.AudioStream": song_stream})) as music:
        with music.audio.stream("1", on_event=lambda event: seen.append(event.kind.name)) as stream:
            assert stream.header.total_bytes == 6
            assert b"".join(chunk.data for chunk in stream) == b"ababab"
            assert stream.complete
            assert (stream.position, stream.summary.byte_count) == (6, 6)
            assert (len(stream.events), stream.resume_count) == (3, 0)
        assert sum(map(len, music.audio.stream("1"))) == 6
        plain = music.audio.stream("1")
        assert plain.start().total_bytes == 6
        assert plain.read() is not None
        plain.close()
        with pytest.raises(errors.ClientClosedError):
            plain.read()
    assert seen == ["STALLED"] * 3


def test_leaving_a_stream_ends_it_at_the_server(serve_threads: Serve) -> None:
    left = threading.Event()

    def endless(_: Any, context: grpc.ServicerContext) -> Iterator[audio.AudioStreamResponse]:
        context.add_callback(left.set)
        yield audio.AudioStreamResponse(header=audio.AudioHeader())
        yield audio.AudioStreamResponse(chunk=audio.AudioChunk(data=b"ab"))
        left.wait(SECONDS)

    with blocking.Client(serve_threads({"AudioService.AudioStream": endless})) as music:
        for chunk in music.audio.stream("1"):
            assert len(chunk) == 2
            break
        assert left.wait(SECONDS)
        left.clear()
        with music.audio.stream("1") as stream:
            assert stream.read() is not None
        assert left.wait(SECONDS)


def test_a_sync_that_is_left_ends_at_the_server(serve_threads: Serve) -> None:
    left = threading.Event()

    def sync(_: Any, context: grpc.ServicerContext) -> Iterator[library.SyncLibraryResponse]:
        context.add_callback(left.set)
        yield library.SyncLibraryResponse(checkpoint=library.SyncCheckpoint(sync_token="t"))
        left.wait(SECONDS)

    with blocking.Client(serve_threads({"LibraryService.SyncLibrary": sync})) as music:
        changes = music.library.sync()
        assert next(changes) == SyncCheckpoint(sync_token="t")
        del changes
        gc.collect()
        assert left.wait(SECONDS)


def test_closing_ends_what_waits_in_other_threads(serve_threads: Serve) -> None:
    waiting = Waiting()
    music = blocking.Client(serve_threads({"ServerService.GetServerInfo": waiting}))
    raised: list[BaseException] = []

    def wait() -> None:
        try:
            music.server.info()
        except errors.ClientClosedError as error:
            raised.append(error)

    other = threading.Thread(target=wait)
    other.start()
    assert waiting.begun.wait(SECONDS)
    music.close()
    other.join(SECONDS)
    assert len(raised) == 1
    assert waiting.left.wait(SECONDS)
    with pytest.raises(errors.ClientClosedError):
        music.server.info()
    with pytest.raises(errors.ClientClosedError):
        list(music.catalog.artist_top_songs("1"))
    music.close()
    assert "applemusic" not in {thread.name for thread in threading.enumerate()}


def test_a_client_that_nobody_refers_to_ends_its_thread(serve_threads: Serve) -> None:
    target = serve_threads({"ServerService.GetServerInfo": info})
    catalog_alone = blocking.Client(target).server
    assert catalog_alone.info().server_version == "0.1.0"
    thread = next(each for each in threading.enumerate() if each.name == "applemusic")
    del catalog_alone
    gc.collect()
    thread.join(SECONDS)
    assert not thread.is_alive()


def test_a_client_that_is_not_used_has_no_thread() -> None:
    with blocking.Client("127.0.0.1:9"):
        assert "applemusic" not in {thread.name for thread in threading.enumerate()}


def test_a_callback_that_would_wait_for_itself_is_told_so(serve_threads: Serve) -> None:
    target = serve_threads(
        {"AudioService.AudioStream": song_stream, "ServerService.GetServerInfo": info}
    )

    def ask(_: AudioEvent) -> None:
        music.server.info()

    with (
        blocking.Client(target) as music,
        music.audio.stream("1", on_event=ask) as stream,
        pytest.raises(RuntimeError, match="wait for itself"),
    ):
        stream.read()


def test_the_callers_context_is_that_of_its_calls(serve_threads: Serve) -> None:
    within = contextvars.ContextVar("within", default="")
    sent: list[Any] = []

    def seen(_: Any, context: grpc.ServicerContext) -> pb.GetServerInfoResponse:
        sent.append(dict(context.invocation_metadata())["authorization"])
        return info()

    target = serve_threads({"ServerService.GetServerInfo": seen})
    with blocking.Client(target, access_token=within.get) as music:
        within.set("a-trace")
        music.server.info()
    assert sent == ["Bearer a-trace"]


def test_many_threads_use_one_client(serve_threads: Serve) -> None:
    def get(request: catalog.GetSongRequest, _: Any) -> catalog.GetSongResponse:
        return catalog.GetSongResponse(song=media.Song(id=request.id))

    target = serve_threads({"CatalogService.GetSong": get})
    ids = [str(number) for number in range(200)]
    with blocking.Client(target) as music, ThreadPoolExecutor(8) as threads:
        found: list[Song] = list(threads.map(music.catalog.get_song, ids))
    assert [song.id for song in found] == ids


def script(text: str, target: str) -> list[str]:
    head = (
        "import signal\nfrom applemusic.blocking import Client\n"
        # As in a terminal: what starts these tests may ignore Ctrl-C, and pass that on.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"music = Client({target!r})\n"
    )
    return [sys.executable, "-W", "error", "-c", head + textwrap.dedent(text)]


def test_ctrl_c_ends_the_call_that_waits(serve_threads: Serve) -> None:
    waiting = Waiting()
    target = serve_threads({"ServerService.GetServerInfo": waiting})
    program = """
        with music:
            try:
                music.server.info(timeout=50)
            except KeyboardInterrupt:
                print("interrupted", flush=True)
            input()
    """
    with subprocess.Popen(  # noqa: S603 - our own program
        script(program, target),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert waiting.begun.wait(SECONDS)
        process.send_signal(signal.SIGINT)
        assert waiting.left.wait(SECONDS)  # before the client is closed
        said, complained = process.communicate("\n", timeout=SECONDS)
    assert (process.returncode, said, complained) == (0, "interrupted\n", "")


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_script_that_does_not_close_ends(
    serve_threads: Serve,
    interrupted: bool,  # noqa: FBT001 - a table
) -> None:
    waiting = Waiting()
    methods: dict[str, Callable[[Any, Any], Any]] = {
        "CatalogService.ListArtistTopSongs": top_songs,
        "ServerService.GetServerInfo": waiting,
    }
    program = "songs = iter(music.catalog.artist_top_songs('1'))\nprint(next(songs).id)\n"
    if interrupted:
        program += "music.server.info()\n"
    with subprocess.Popen(  # noqa: S603 - our own program
        script(program, serve_threads(methods)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        if interrupted:
            assert waiting.begun.wait(SECONDS)
            process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=SECONDS)
    assert said == "1a\n"
    if interrupted:
        assert process.returncode == -signal.SIGINT
        assert complained.rstrip().endswith("KeyboardInterrupt")
        assert complained.count("Traceback") == 1
    else:
        assert (process.returncode, complained) == (0, "")


def test_importing_it_loads_no_service() -> None:
    program = (
        "import sys\nfrom applemusic.blocking import Client\n"
        "assert not any(name.endswith('_pb2') for name in sys.modules)\n"
        "assert 'applemusic.blocking.catalog' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603 - our own program
