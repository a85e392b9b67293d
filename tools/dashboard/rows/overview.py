"""Will music play, was it smooth, and when does what expire."""

from tools.dashboard.board import Row
from tools.dashboard.panel import (
    BAD,
    DAYS,
    FAIR,
    GOOD,
    PLAIN,
    Gauge,
    Look,
    NameStat,
    Query,
    Stat,
    Step,
    Word,
    Words,
)
from tools.dashboard.promql import (
    days_to,
    highest,
    in_range,
    lowest,
    of,
    quantile_in_range,
    summed,
)

EXPIRES = (Step(None, BAD), Step(3, FAIR), Step(14, GOOD))
"""As the alerts have it: critical below 3 days, a warning below 14."""
_FAILED = 'grpc_code=~"Unknown|Internal|Unavailable|DataLoss"'
_STREAMS = 'grpc_method="AudioStream"'
_ALL_WELL_AT_ZERO = (Step(None, GOOD), Step(1, BAD))
_PLAYABLE = 'state=~"active|expiring"'
_ENDS = lowest(of("applemusic_music_user_token_expiry_timestamp_seconds"), "account")
_PLAYS = highest(of("applemusic_account_state", _PLAYABLE), "account")
SIGN_IN_DAYS = f"{days_to(_ENDS)} * on (account) {_PLAYS}"
"""By account; a sign-in that is dead has none left, whatever end was assumed."""


def overview() -> Row:
    """Make the row."""
    return Row("Overview", (*_will_it_play(), *_was_it_smooth(), *_what_expires()))


def _will_it_play() -> tuple[Stat, ...]:
    up, device = of("up"), of("applemusic_widevine_device_usable")
    expiry = highest(of("applemusic_developer_token_expiry_timestamp_seconds"))
    rejected = highest(of("applemusic_developer_token_rejected"))
    return (
        Stat(
            title="Servers",
            description="Servers that Prometheus can read, and those that it cannot. With none, "
            "nobody can start a song.",
            unit="none",
            width=4,
            height=4,
            runbook="AppleMusicDown",
            queries=(
                Query(f"sum({up})", "up"),
                Query(f"count({up}) - sum({up})", "down"),
            ),
            steps=(Step(None, BAD), Step(1, GOOD)),
            looks={"down": Look(steps=_ALL_WELL_AT_ZERO)},
            nothing="None",
        ),
        Stat(
            title="Database",
            description="Whether every server reaches its database, and may write. Without it "
            "nothing new starts.",
            unit="none",
            width=4,
            height=4,
            runbook="AppleMusicDatabaseUnreachable",
            queries=(
                Query(
                    f"{lowest(of('applemusic_database_up'))} "
                    f"- 0.5 * {highest(of('applemusic_storage_unwritable'))}"
                ),
            ),
            words={
                1: Word("Well", GOOD),
                0.5: Word("Takes no writes", BAD),
                0: Word("Out of reach", BAD),
                -0.5: Word("Out of reach", BAD),
            },
            nothing="Unknown",
        ),
        Stat(
            title="Widevine device",
            description="Whether every server has a device to play songs of the catalog with. "
            "Without one only uploads, previews and broadcasts play.",
            unit="none",
            width=4,
            height=4,
            runbook="AppleMusicStreamsRefused",
            queries=(Query(lowest(device)),),
            words={1: Word("Usable", GOOD), 0: Word("None", BAD)},
            nothing="Unknown",
        ),
        Stat(
            title="Developer token",
            description="Whether Apple takes the token of the developer. Without it nothing "
            "starts, and searches fail.",
            unit="none",
            width=4,
            height=4,
            runbook="AppleMusicDeveloperTokenRejected",
            queries=(Query(f"{rejected} + 2 * ({expiry} == bool 0)"),),
            words={
                0: Word("Accepted", GOOD),
                1: Word("Rejected", BAD),
                2: Word("Missing", BAD),
                3: Word("Unusable", BAD),
            },
            nothing="Unknown",
        ),
        Stat(
            title="Accounts",
            description="Accounts whose listeners can play, and those whose sign-in is dead or "
            "cannot be used.",
            unit="none",
            width=4,
            height=4,
            runbook="AppleMusicUserTokenRejected",
            queries=(
                Query(_accounts(_PLAYABLE), "can play"),
                Query(_accounts(_PLAYABLE.replace("=~", "!~")), "cannot"),
            ),
            steps=(Step(None, BAD), Step(1, GOOD)),
            looks={"cannot": Look(steps=_ALL_WELL_AT_ZERO)},
            nothing="None",
        ),
        Stat(
            title="Streams",
            description="Streams that are open now, and the share of those that may be: the "
            "fullest server's.",
            unit="none",
            width=4,
            height=4,
            queries=(
                Query(f"sum({of('applemusic_streams_active')})", "open"),
                Query(
                    f"max({of('applemusic_streams_active')} / {of('applemusic_streams_limit')})",
                    "of the limit",
                ),
            ),
            steps=(Step(None, PLAIN),),
            looks={
                "of the limit": Look(
                    unit="percentunit", steps=(Step(None, GOOD), Step(0.8, FAIR), Step(0.95, BAD))
                )
            },
            nothing="None",
        ),
    )


def _accounts(state: str) -> str:
    """Replicas share their accounts: they are counted once for each installation."""
    shared = highest(of("applemusic_accounts", state), "namespace, job, state")
    return summed(shared)


def _was_it_smooth() -> tuple[Stat, ...]:
    first = "applemusic_stream_first_byte_seconds"
    handled, asked = "grpc_server_handled_total", "applemusic_upstream_requests_total"
    objective = (Step(None, BAD), Step(0.97, FAIR), Step(0.99, GOOD))
    none: Words = {None: Word("None yet", PLAIN)}
    return (
        Stat(
            title="Transitions, p95",
            description="From the last byte of a song to the first of the next: 95 of 100 were "
            "quicker, in the range that is shown. The alert fires above 2 s.",
            unit="s",
            width=4,
            height=4,
            runbook="AppleMusicTransitionsSlow",
            queries=(Query(quantile_in_range(0.95, "applemusic_transition_seconds")),),
            steps=(Step(None, GOOD), Step(0.5, FAIR), Step(2, BAD)),
            words=none,
            nothing="None yet",
        ),
        Stat(
            title="Starts within 1 s",
            description="The share of streams whose first byte came within a second of the call, "
            "in the range that is shown. The objective is 99 %.",
            unit="percentunit",
            width=4,
            height=4,
            decimals=1,
            runbook="AppleMusicFirstByteBudgetBurnsFast",
            queries=(
                Query(
                    f"""{in_range(f"{first}_bucket", 'le="1.0"')} / {in_range(f"{first}_count")}"""
                ),
            ),
            steps=objective,
            words=none,
            nothing="None yet",
        ),
        Stat(
            title="Streams that did not fail",
            description="Calls of AudioStream that did not end with UNAVAILABLE, INTERNAL, "
            "DATA_LOSS or UNKNOWN, of all, in the range that is shown. The objective is 99 %.",
            unit="percentunit",
            width=4,
            height=4,
            decimals=1,
            runbook="AppleMusicStreamErrors",
            queries=(
                Query(
                    f"1 - {in_range(handled, f'{_STREAMS}, {_FAILED}')} "
                    f"/ {in_range(handled, _STREAMS)}"
                ),
            ),
            steps=objective,
            words=none,
            nothing="None yet",
        ),
        Stat(
            title="Stalls",
            description="How often audio was due and had not come from Apple, in the range that "
            "is shown. Hosts that hold audio ahead let nobody hear it.",
            unit="none",
            width=4,
            height=4,
            decimals=0,
            runbook="AppleMusicStalls",
            queries=(Query(in_range("applemusic_stream_stalls_total")),),
            # A counter's growth is extrapolated: one may be 1.01.
            steps=(Step(None, GOOD), Step(0.5, FAIR), Step(10, BAD)),
            nothing="None yet",
        ),
        Stat(
            title="Prepared starts",
            description="The share of songs that began prepared, or while they were being "
            "prepared, in the range that is shown. Few mean that the host does not say what comes "
            "next.",
            unit="percentunit",
            width=4,
            height=4,
            decimals=0,
            runbook="AppleMusicTransitionsSlow",
            queries=(
                Query(
                    f"""{in_range("applemusic_prepared_starts_total", 'result!="miss"')} """
                    f"/ {in_range('applemusic_prepared_starts_total')}"
                ),
            ),
            steps=(Step(None, PLAIN),),
            words=none,
            nothing="None yet",
        ),
        Stat(
            title="Throttled by Apple",
            description="The share of requests to Apple that were answered 429, in the range that "
            "is shown. Libraries suffer first, starts of songs last. The alert fires above 10 %.",
            unit="percentunit",
            width=4,
            height=4,
            decimals=1,
            runbook="AppleMusicUpstreamThrottled",
            queries=(
                Query(f"""{in_range("applemusic_upstream_throttled_total")} / {in_range(asked)}"""),
            ),
            steps=(Step(None, GOOD), Step(0.02, FAIR), Step(0.1, BAD)),
            words=none,
            nothing="None yet",
        ),
    )


def _what_expires() -> tuple[Stat | Gauge, ...]:
    developer = of("applemusic_developer_token_expiry_timestamp_seconds")
    return (
        Stat(
            title="Developer token ends in",
            description="At its end, everything stops for all. A token that the server makes from "
            "a key is replaced 45 days ahead.",
            unit=DAYS,
            width=4,
            height=6,
            decimals=0,
            runbook="AppleMusicDeveloperTokenExpires14d",
            queries=(Query(days_to(f"min({developer} > 0)")),),
            steps=EXPIRES,
            nothing="No token",
        ),
        Stat(
            title="Next sign-in ends in",
            description="When the first of the accounts that can play has to sign in again, "
            "unless its token is renewed before: that is tried 45 days ahead. Apple tells nobody "
            "the end; 180 days are assumed.",
            unit=DAYS,
            width=4,
            height=6,
            decimals=0,
            runbook="AppleMusicUserTokenExpires14d",
            queries=(Query(days_to(f"min({_ENDS} and on (account) {_PLAYS} == 1)")),),
            steps=EXPIRES,
            nothing="No account",
        ),
        Gauge(
            title="Sign-ins end in",
            description="The ten accounts whose sign-in ends first. A dead one is red in the "
            "table below.",
            unit=DAYS,
            width=8,
            height=6,
            decimals=0,
            bounds=(0, 180),
            runbook="AppleMusicUserTokenExpires14d",
            queries=(Query(f"bottomk(10, {SIGN_IN_DAYS})", "{{account}}"),),
            steps=EXPIRES,
            nothing="No account",
        ),
        Stat(
            title="Latest start",
            description="How long ago the youngest of the servers started. Starts are marked in "
            "the graphs.",
            unit="s",
            width=4,
            height=6,
            decimals=1,
            queries=(Query(f"time() - max({of('process_start_time_seconds')})"),),
            steps=(Step(None, PLAIN),),
            nothing="Unknown",
        ),
        NameStat(
            title="Version",
            description="The builds that run. More than one is an update under way, or one that "
            "got stuck.",
            unit="none",
            width=4,
            height=6,
            queries=(
                Query(
                    summed(of("applemusic_build_info"), "version, python_version"),
                    "{{version}} on Python {{python_version}}",
                ),
            ),
            steps=(Step(None, PLAIN),),
            nothing="Unknown",
        ),
    )
