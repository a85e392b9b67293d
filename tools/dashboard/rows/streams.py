"""What listeners hear: streams, how they end, and what disturbs them."""

from tools.dashboard.board import Row
from tools.dashboard.panel import BAD, FAIR, GOOD, PER_MINUTE, Lines, Look, Query, Step
from tools.dashboard.promql import not_none, of, per_minute, rate, summed

_ACTIVE = "applemusic_streams_active"


def streams() -> Row:
    """Make the row."""
    return Row("Streams", (*_open_and_ended(), *_disturbed()))


def _open_and_ended() -> tuple[Lines, ...]:
    active, limit = of(_ACTIVE), of("applemusic_streams_limit")
    return (
        Lines(
            title="Open streams",
            description="By server. A gRPC connection stays with the server that it was made to.",
            unit="short",
            queries=(Query(summed(active, "instance"), "{{instance}}"),),
        ),
        Lines(
            title="Share of the limit",
            description="Open streams of those that playback.max_streams allows, by server. A "
            "full server refuses with STREAM_LIMIT_REACHED: scale out before.",
            unit="percentunit",
            bounds=(0, 1),
            marks=True,
            runbook="AppleMusicStreamsRefused",
            queries=(
                Query(
                    f"{summed(active, 'instance')} / {summed(limit, 'instance')}", "{{instance}}"
                ),
            ),
            steps=(Step(None, GOOD), Step(0.8, FAIR), Step(0.95, BAD)),
        ),
        Lines(
            title="Streams that ended",
            description="Complete, cancelled by the caller, refused before the first byte, or "
            "failed after it.",
            unit=PER_MINUTE,
            stacked=True,
            runbook="AppleMusicStreamErrors",
            queries=(Query(per_minute("applemusic_streams_total", "outcome"), "{{outcome}}"),),
            looks={
                "complete": Look("green"),
                "cancelled": Look("blue"),
                "refused": Look("orange"),
                "failed": Look("red"),
            },
        ),
    )


def _disturbed() -> tuple[Lines, ...]:
    return (
        Lines(
            title="Why streams were refused or failed",
            description="By reason; docs/errors.md says what each means and what to do. The log "
            "has a line for each of them.",
            unit=PER_MINUTE,
            width=12,
            runbook="AppleMusicStreamErrors",
            queries=(
                Query(
                    not_none(per_minute("applemusic_stream_failures_total", "outcome, reason")),
                    "{{outcome}}: {{reason}}",
                ),
            ),
        ),
        Lines(
            title="Stalls over time",
            description="How often audio was due and had not come from Apple, per minute; and the "
            "time that was lost, per minute, which is counted when the stream ends.",
            unit=PER_MINUTE,
            width=12,
            runbook="AppleMusicStalls",
            queries=(
                Query(per_minute("applemusic_stream_stalls_total"), "stalls"),
                Query(per_minute("applemusic_stream_stall_seconds_total"), "time lost"),
            ),
            looks={"stalls": Look("orange"), "time lost": Look("red", unit="s")},
        ),
        Lines(
            title="Mended without being heard",
            description="Transfers from Apple that broke and went on (resumes), addresses and "
            "licences that were asked for anew (renewals), and parts of broadcasts that were left "
            "out (gaps: these are heard).",
            unit=PER_MINUTE,
            width=12,
            runbook="AppleMusicStalls",
            queries=(
                Query(per_minute("applemusic_stream_resumes_total"), "resumes"),
                Query(per_minute("applemusic_stream_renewals_total"), "renewals"),
                Query(per_minute("applemusic_stream_gaps_total"), "gaps"),
            ),
        ),
        Lines(
            title="Audio",
            description="Sent to hosts, and received from Apple. What came from Apple is counted "
            "when its stream ends; much more of it than was sent is transfers that broke, and "
            "songs that were skipped.",
            unit="Bps",
            width=12,
            queries=(
                Query(summed(rate("applemusic_stream_bytes_total")), "sent"),
                Query(summed(rate("applemusic_stream_upstream_bytes_total")), "from Apple"),
            ),
        ),
    )
