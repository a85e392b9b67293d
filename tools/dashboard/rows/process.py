"""The process and its database: does the machine keep up."""

from tools.dashboard.board import Row
from tools.dashboard.panel import BAD, FAIR, GOOD, PER_MINUTE, Lines, Look, Panel, Query, Step
from tools.dashboard.promql import lowest, not_none, of, per_minute, quantile, rate, summed

_LAG = "applemusic_event_loop_lag_seconds"


def process() -> Row:
    """Make the row."""
    return Row("Process and database", (*_machine(), *_database()))


def _machine() -> tuple[Panel, ...]:
    files, most_files = of("process_open_fds"), of("process_max_fds")
    return (
        Lines(
            title="CPU",
            description="Cores in use, by server. A server is one process with one event loop: at "
            "one core it is full.",
            width=6,
            unit="percentunit",
            marks=True,
            runbook="AppleMusicEventLoopSlow",
            queries=(Query(summed(rate("process_cpu_seconds_total"), "instance"), "{{instance}}"),),
            steps=(Step(None, GOOD), Step(0.7, FAIR), Step(0.9, BAD)),
        ),
        Lines(
            title="Memory",
            description="Resident memory, by server.",
            width=6,
            unit="bytes",
            queries=(
                Query(summed(of("process_resident_memory_bytes"), "instance"), "{{instance}}"),
            ),
        ),
        Lines(
            title="Event loop lag",
            description="How much later than due the event loop runs what it has to: all streams "
            "and calls wait for it. The alert fires above 0.1 s.",
            width=6,
            unit="s",
            marks=True,
            runbook="AppleMusicEventLoopSlow",
            queries=tuple(
                Query(quantile(share, _LAG, "instance"), f"{name}: {{{{instance}}}}")
                for share, name in ((0.5, "p50"), (0.99, "p99"))
            ),
            steps=(Step(None, GOOD), Step(0.1, BAD)),
        ),
        Lines(
            title="Open files",
            description="Files and connections of those that the system allows, by server.",
            width=6,
            unit="percentunit",
            bounds=(0, 1),
            marks=True,
            queries=(
                Query(
                    f"{summed(files, 'instance')} / {summed(most_files, 'instance')}",
                    "{{instance}}",
                ),
            ),
            steps=(Step(None, GOOD), Step(0.8, BAD)),
        ),
    )


def _database() -> tuple[Panel, ...]:
    return (
        Lines(
            title="Database, p95",
            description="How long transactions took, waiting for a connection or a lock included.",
            unit="s",
            runbook="AppleMusicDatabaseUnreachable",
            queries=(
                Query(
                    not_none(
                        quantile(0.95, "applemusic_database_transaction_seconds", "operation")
                    ),
                    "{{operation}}",
                ),
            ),
        ),
        Lines(
            title="Trouble with the database",
            description="Transactions that the database ended: another was in the way and it is "
            "done again (conflict), the disk is full, no answer in time, all connections in use "
            "(busy), out of reach, or another reason.",
            unit=PER_MINUTE,
            runbook="AppleMusicDatabaseUnreachable",
            queries=(Query(per_minute("applemusic_database_errors_total", "fault"), "{{fault}}"),),
            looks={"conflict": Look("blue")},
        ),
        Lines(
            title="Free disk",
            description="Room on the disk of the data folder, the least of the servers. Nothing "
            "is shown where the database is elsewhere.",
            unit="bytes",
            runbook="AppleMusicStorageLow",
            queries=(
                Query(lowest(of("applemusic_storage_free_bytes"), "instance"), "{{instance}}"),
            ),
        ),
    )
