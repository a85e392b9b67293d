"""What is asked of Apple, how Apple answers, and how long requests wait for their turn."""

from tools.dashboard.board import Row
from tools.dashboard.panel import PER_MINUTE, Lines, Look, Panel, Query
from tools.dashboard.promql import (
    most,
    not_none,
    of,
    per_minute,
    per_second,
    quantile,
    summed,
)

_REQUESTS = "applemusic_upstream_requests_total"
_PRIORITIES = {
    "playback": Look("green"),
    "prepare": Look("blue"),
    "interactive": Look("yellow"),
    "background": Look("purple"),
}


def apple() -> Row:
    """Make the row."""
    return Row("Apple", (*_requests(), *_turns(), *_memory()))


def _requests() -> tuple[Panel, ...]:
    return (
        Lines(
            title="Requests by answer",
            description="By HTTP status, or what happened instead of one (timeout, connection, "
            "refused, cancelled).",
            unit="reqps",
            stacked=True,
            runbook="AppleMusicUpstreamThrottled",
            queries=(Query(not_none(per_second(_REQUESTS, "code")), "{{code}}"),),
            looks={"200": Look("green"), "206": Look("blue"), "429": Look("red")},
        ),
        Lines(
            title="Requests by endpoint",
            description="The eight that are asked most. `cdn` is audio.",
            unit="reqps",
            stacked=True,
            queries=(Query(most(8, per_second(_REQUESTS, "endpoint")), "{{endpoint}}"),),
        ),
        Lines(
            title="How long Apple takes, p95",
            description="By endpoint, the eight slowest. Where the answer is long, the time until "
            "it is read is counted, too.",
            unit="s",
            runbook="AppleMusicStalls",
            queries=(
                Query(
                    most(8, quantile(0.95, "applemusic_upstream_request_seconds", "endpoint")),
                    "{{endpoint}}",
                    exemplars=True,
                ),
            ),
        ),
    )


def _turns() -> tuple[Panel, ...]:
    return (
        Lines(
            title="Throttled and tried again",
            description="Answers 429 by the priority of the request, and requests that were tried "
            "again, for whatever reason. Some 429s while a first sync finds its rate are as they "
            "should be.",
            unit=PER_MINUTE,
            runbook="AppleMusicUpstreamThrottled",
            queries=(
                Query(
                    per_minute("applemusic_upstream_throttled_total", "priority"), "{{priority}}"
                ),
                Query(per_minute("applemusic_upstream_retries_total"), "tried again"),
            ),
            looks={**_PRIORITIES, "tried again": Look("orange")},
        ),
        Lines(
            title="Wait for a turn, p95",
            description="How long requests wait before they are sent, by priority. Playback must "
            "not wait, whatever a sync does.",
            unit="s",
            runbook="AppleMusicTransitionsSlow",
            queries=(
                Query(
                    not_none(quantile(0.95, "applemusic_upstream_queue_seconds", "priority")),
                    "{{priority}}",
                ),
            ),
            looks=_PRIORITIES,
        ),
        Lines(
            title="Requests that wait",
            description="How many wait for their turn, by priority; and how many per second Apple "
            "is asked at most, as its answers so far allow, by server.",
            unit="short",
            runbook="AppleMusicUpstreamThrottled",
            queries=(
                Query(summed(of("applemusic_upstream_waiting"), "priority"), "{{priority}}"),
                Query(summed(of("applemusic_upstream_rate_limit")), "allowed"),
            ),
            looks={**_PRIORITIES, "allowed": Look("red", unit="reqps")},
        ),
    )


def _memory() -> tuple[Panel, ...]:
    return (
        Lines(
            title="Catalog reads",
            description="Answered from memory (hit), by a request that another had sent already "
            "(joined), or by a request of their own (miss).",
            unit="ops",
            width=12,
            stacked=True,
            queries=(Query(per_second("applemusic_upstream_cache_total", "result"), "{{result}}"),),
            looks={"hit": Look("green"), "joined": Look("blue"), "miss": Look("orange")},
        ),
        Lines(
            title="Remembered catalog answers",
            description="How many are remembered, and the memory that they take, estimated.",
            unit="short",
            width=12,
            queries=(
                Query(summed(of("applemusic_upstream_cache_entries")), "answers"),
                Query(summed(of("applemusic_upstream_cache_bytes")), "memory"),
            ),
            looks={"memory": Look(unit="bytes")},
        ),
    )
