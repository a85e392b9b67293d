"""Library syncs: are they done, how fast, and how much is left."""

from tools.dashboard.board import Row
from tools.dashboard.panel import PER_MINUTE, PLAIN, Lines, Look, Panel, Query, Stat, Step
from tools.dashboard.promql import not_none, of, per_minute, per_second, quantile, summed

_SECONDS = "applemusic_library_sync_seconds"
_FAILING = "AppleMusicSyncFailing"


def syncs() -> Row:
    """Make the row."""
    return Row("Library syncs", (*_under_way(), *_done()))


def _under_way() -> tuple[Panel, ...]:
    return (
        Lines(
            title="Syncs under way",
            description="Open syncs, and the items that they have yet to read of the types that "
            "they are at.",
            unit="short",
            runbook=_FAILING,
            queries=(
                Query(summed(of("applemusic_library_syncs_active")), "syncs"),
                Query(summed(of("applemusic_library_sync_pending_items")), "items left"),
            ),
            looks={"items left": Look("purple", unit="short")},
        ),
        Lines(
            title="Items read",
            description="By type; those of unchanged pages count, too. Apple's throttling is what "
            "limits it.",
            unit="ops",
            stacked=True,
            runbook="AppleMusicUpstreamThrottled",
            queries=(
                Query(
                    not_none(per_second("applemusic_library_sync_items_total", "type")), "{{type}}"
                ),
            ),
        ),
        Lines(
            title="Changes sent",
            description="What syncs have sent to hosts, by type and kind of change.",
            unit="ops",
            stacked=True,
            queries=(
                Query(
                    not_none(per_second("applemusic_library_sync_changes_total", "type, change")),
                    "{{type}}: {{change}}",
                ),
            ),
        ),
    )


def _done() -> tuple[Panel, ...]:
    latest = of("applemusic_library_sync_last_complete_timestamp_seconds")
    return (
        Lines(
            title="Syncs that ended",
            description="Complete, cancelled by the caller, or failed.",
            unit=PER_MINUTE,
            runbook=_FAILING,
            queries=(
                Query(per_minute("applemusic_library_syncs_total", "outcome"), "{{outcome}}"),
            ),
            looks={
                "complete": Look("green"),
                "cancelled": Look("blue"),
                "failed": Look("red"),
            },
        ),
        Lines(
            title="How long syncs took",
            description="Complete ones, waiting for the host included: half of them, and 95 of "
            "100.",
            unit="s",
            runbook=_FAILING,
            queries=(Query(quantile(0.5, _SECONDS), "p50"), Query(quantile(0.95, _SECONDS), "p95")),
        ),
        Stat(
            title="Latest complete sync",
            description="How long ago, on any server since its start.",
            unit="s",
            decimals=1,
            runbook=_FAILING,
            queries=(Query(f"time() - max({latest} > 0)"),),
            steps=(Step(None, PLAIN),),
            nothing="None yet",
        ),
    )
