"""What must be the same before and after: tasks, sockets, what is prepared, objects, memory."""

import asyncio
import gc
from collections import Counter
from dataclasses import dataclass

import psutil

# None of these is there while nobody listens and nothing is prepared.
_PASSING = frozenset(
    {
        "applemusic_server.application.look_ahead.LookAhead",
        "applemusic_server.application.prepared_song.PreparedSong",
        "applemusic_server.application.song_source.SongSource",
        "applemusic_server.media.ranges.RangeReader",
        "applemusic_server.media.widevine.WidevineSession",
        "applemusic_server.upstream.media_source.MediaResponse",
        "aiohttp.client_reqrep.ClientResponse",
        "pywidevine.session.Session",
    }
)
# Tables that fill up to a limit: answers that are remembered, labels of metrics, pools.
_MOST_NEW_OBJECTS = 6000
# Of memory that grew between the middle and the last third of a run.
_MOST_GROWTH_MB = 6.0


@dataclass(frozen=True)
class Traces:
    """What is there at one moment.

    Attributes:
        tasks: Names of the coroutines of all tasks.
        passing: Things that are there only while somebody listens, by class.
        objects: How many objects the garbage collector knows.
        sockets: Open file descriptors of the process.
    """

    tasks: Counter[str]
    passing: Counter[str]
    objects: int
    sockets: int

    @classmethod
    def now(cls) -> "Traces":
        """Look around; call it when nothing is going on."""
        gc.collect()
        everything = gc.get_objects()
        kinds = Counter(f"{type(one).__module__}.{type(one).__qualname__}" for one in everything)
        return cls(
            Counter(
                str(getattr(task.get_coro(), "__qualname__", task)) for task in asyncio.all_tasks()
            ),
            Counter({kind: kinds[kind] for kind in _PASSING if kinds[kind]}),
            len(everything),
            psutil.Process().num_fds(),
        )

    def problems(self, before: "Traces") -> list[str]:
        """What has been left behind since `before`."""
        found = [
            f"{count} more tasks of {name}" for name, count in (self.tasks - before.tasks).items()
        ]
        found += [f"{count} of {kind} are left" for kind, count in self.passing.items()]
        if self.objects - before.objects > _MOST_NEW_OBJECTS:
            found.append(f"{self.objects - before.objects} more objects")
        return found


def growth_problems(rss_mb: list[float]) -> list[str]:
    """Whether memory still grew at the end of a run; samples at equal distances."""
    third = len(rss_mb) // 3
    if not third:
        return []
    middle = sorted(rss_mb[third : 2 * third])[third // 2]
    last = sorted(rss_mb[-third:])[third // 2]
    if last - middle > _MOST_GROWTH_MB:
        return [f"memory grew from {middle:.1f} MB to {last:.1f} MB in the last third"]
    return []
