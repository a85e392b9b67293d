"""How long songs take to start, and which step of it takes the time."""

from tools.dashboard.board import Row
from tools.dashboard.panel import (
    BAD,
    FAIR,
    GOOD,
    PER_MINUTE,
    Gauge,
    Heat,
    Lines,
    Look,
    Panel,
    Query,
    Step,
)
from tools.dashboard.promql import (
    not_none,
    of,
    per_minute,
    quantile,
    quantile_in_range,
    summed,
)

_TRANSITION = "applemusic_transition_seconds"
_FIRST_BYTE = "applemusic_stream_first_byte_seconds"
_STAGE = "applemusic_stream_stage_seconds"
_PREPARATIONS = {
    "ready": Look("green"),
    "licensed": Look("blue"),
    "resolved": Look("yellow"),
    "cold": Look("orange"),
}


def starts() -> Row:
    """Make the row."""
    return Row("Starts and transitions", (*_times(), *_stages(), *_prepared()))


def _times() -> tuple[Panel, ...]:
    slow = (Step(None, GOOD), Step(2, BAD))
    bucket = of(f"{_TRANSITION}_bucket")
    return (
        Heat(
            title="Transitions",
            description="Every transition, by how long it took: from the last byte of a song to "
            "the first of the next, per account. Darker cells hold more of them.",
            unit="s",
            width=12,
            runbook="AppleMusicTransitionsSlow",
            queries=(Query(summed(f"increase({bucket}[$__rate_interval])", "le"), "{{le}}"),),
        ),
        Lines(
            title="Transitions, p95 by preparation",
            description="What was there when the next song was asked for: ready is all of it, "
            "cold nothing. Mostly cold: the host does not say what comes next. Slow although "
            "ready: the machine is busy.",
            unit="s",
            width=12,
            marks=True,
            runbook="AppleMusicTransitionsSlow",
            queries=(
                Query(
                    not_none(quantile(0.95, _TRANSITION, "preparation")),
                    "{{preparation}}",
                    exemplars=True,
                ),
            ),
            steps=slow,
            looks=_PREPARATIONS,
        ),
        Lines(
            title="First byte",
            description="From the arrival of a call to the first byte of audio: half of the "
            "streams, 95 and 99 of 100 are quicker. The objective is 1 s.",
            unit="s",
            marks=True,
            runbook="AppleMusicFirstByteBudgetBurnsFast",
            queries=tuple(
                Query(quantile(share, _FIRST_BYTE), name, exemplars=share == 0.99)
                for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
            ),
            steps=(Step(None, GOOD), Step(1, BAD)),
        ),
        Lines(
            title="First byte, p95 by preparation",
            description="Cold starts take three round trips to Apple, ready ones none.",
            unit="s",
            runbook="AppleMusicFirstByteBudgetBurnsFast",
            queries=(
                Query(not_none(quantile(0.95, _FIRST_BYTE, "preparation")), "{{preparation}}"),
            ),
            looks=_PREPARATIONS,
        ),
        Lines(
            title="Starts by preparation",
            description="How many streams began, by what was there when they were asked for.",
            unit=PER_MINUTE,
            stacked=True,
            runbook="AppleMusicTransitionsSlow",
            queries=(Query(per_minute(f"{_FIRST_BYTE}_count", "preparation"), "{{preparation}}"),),
            looks=_PREPARATIONS,
        ),
    )


def _stages() -> tuple[Panel, ...]:
    return (
        Lines(
            title="Stages of a start, p95",
            description="Each step of a start: web_playback, playlist, license and first_range "
            "ask Apple, decrypt is this machine's work. License and first_range go side by side. "
            "Starts that were prepared count, too.",
            unit="s",
            width=12,
            runbook="AppleMusicFirstByteBudgetBurnsFast",
            queries=(Query(not_none(quantile(0.95, _STAGE, "stage")), "{{stage}}"),),
        ),
        Gauge(
            title="Stages of a start, in the range",
            description="The same, 95 of 100 of all starts in the range that is shown.",
            unit="s",
            width=6,
            runbook="AppleMusicFirstByteBudgetBurnsFast",
            bounds=(0, None),
            queries=(Query(not_none(quantile_in_range(0.95, _STAGE, "stage")), "{{stage}}"),),
            steps=(Step(None, GOOD), Step(0.5, FAIR), Step(1, BAD)),
            nothing="None yet",
        ),
        Lines(
            title="Songs that began",
            description="Prepared (hit), while they were being prepared (joined), or not prepared "
            "(miss). Seeks and broken streams that go on are not counted.",
            unit=PER_MINUTE,
            width=6,
            stacked=True,
            runbook="AppleMusicTransitionsSlow",
            queries=(
                Query(per_minute("applemusic_prepared_starts_total", "result"), "{{result}}"),
            ),
            looks={"hit": Look("green"), "joined": Look("blue"), "miss": Look("orange")},
        ),
    )


def _prepared() -> tuple[Panel, ...]:
    return (
        Lines(
            title="What became of prepared songs",
            description="Used by a stream; unused although prepared; cancelled before that; or "
            "prepared anew because what there was ends soon. Many unused: the host names songs "
            "that are not played.",
            unit=PER_MINUTE,
            queries=(
                Query(per_minute("applemusic_prepare_outcomes_total", "outcome"), "{{outcome}}"),
                Query(per_minute("applemusic_prepare_refreshes_total"), "refreshed"),
            ),
            looks={"used": Look("green"), "unused": Look("orange"), "cancelled": Look("blue")},
        ),
        Lines(
            title="Failures while preparing",
            description="By reason, further tries included. The song is asked for again when it "
            "is played.",
            unit=PER_MINUTE,
            runbook="AppleMusicTransitionsSlow",
            queries=(
                Query(
                    not_none(per_minute("applemusic_prepare_failures_total", "reason")),
                    "{{reason}}",
                ),
            ),
        ),
        Lines(
            title="Prepared songs held",
            description="Songs on lists of songs to prepare, and the audio that is held for them.",
            unit="short",
            queries=(
                Query(summed(of("applemusic_prepared_songs")), "songs"),
                Query(summed(of("applemusic_prepared_bytes")), "audio"),
            ),
            looks={"audio": Look(unit="bytes")},
        ),
    )
