"""Accounts and tokens: who can play, until when, and what is done about it."""

from tools.dashboard.board import Row
from tools.dashboard.panel import (
    BAD,
    DAYS,
    FAIR,
    GOOD,
    PER_MINUTE,
    PLAIN,
    Gauge,
    Lines,
    Look,
    NameStat,
    Panel,
    Query,
    Step,
    Table,
    Word,
)
from tools.dashboard.promql import called, days_to, highest, lowest, of, per_minute, summed
from tools.dashboard.rows.overview import EXPIRES, SIGN_IN_DAYS

_STATES = {
    "active": GOOD,
    "expiring": FAIR,
    "rejected": BAD,
    "unreadable": "purple",
    "team_mismatch": "dark-red",
}
_OWN = "applemusic_account_developer_token"


def tokens() -> Row:
    """Make the row."""
    return Row("Accounts and tokens", (*_accounts(), *_developer_tokens(), *_events()))


def _accounts() -> tuple[Panel, ...]:
    state = highest(of("applemusic_account_state"), "account, state")
    each = highest(of("applemusic_accounts"), "namespace, job, state")
    return (
        Table(
            title="Accounts and their sign-ins",
            description="By alias: the state, and when the sign-in is assumed to end; a dead one "
            "has no day left. Of very many accounts those in trouble, then those that end first "
            "(web.metrics_accounts).",
            unit=DAYS,
            width=12,
            decimals=0,
            runbook="AppleMusicUserTokenRejected",
            queries=(
                Query(SIGN_IN_DAYS),
                Query(f"{state} == 1"),
            ),
            columns={"account": "Account", "state": "State", "Value #A": "Ends in"},
            sort="Ends in",
            steps=EXPIRES,
            looks={
                "Account": Look(steps=(Step(None, "text"),)),
                "State": Look(
                    words={state: Word(state, color) for state, color in _STATES.items()}
                ),
            },
            nothing="No account",
        ),
        Lines(
            title="Accounts by state",
            description="All accounts. Rejected: Apple refuses the sign-in. Unreadable: stored "
            "with another key. team_mismatch: the developer token is of another team.",
            unit="short",
            width=12,
            stacked=True,
            runbook="AppleMusicAccountUnusable",
            queries=(Query(summed(each, "state"), "{{state}}"),),
            looks={state: Look(color) for state, color in _STATES.items()},
        ),
    )


def _developer_tokens() -> tuple[Panel, ...]:
    source = highest(of("applemusic_developer_token_source"), "source")
    return (
        NameStat(
            title="Developer token comes from",
            description="Where the server's own comes from: made from a key and replaced by "
            "itself; given in a file, yours to replace; shared with other servers, which share "
            "its limit and its end; or none.",
            unit="none",
            width=4,
            runbook="AppleMusicDeveloperTokenMissing",
            queries=(Query(f"{source} == 1", "{{source}}"),),
            steps=(Step(None, PLAIN),),
            nothing="Unknown",
        ),
        Gauge(
            title="Developer tokens of accounts end in",
            description="Tokens that accounts have of their own; the server's is at the top. "
            "Below zero: it is no good.",
            unit=DAYS,
            width=6,
            decimals=0,
            bounds=(0, 180),
            runbook="AppleMusicAccountDeveloperTokenUnusable",
            queries=(
                Query(
                    "bottomk(10, "
                    f"{days_to(lowest(of(f'{_OWN}_expiry_timestamp_seconds'), 'account'))})",
                    "{{account}}",
                ),
            ),
            steps=EXPIRES,
            nothing="No account has its own",
        ),
        Lines(
            title="Trouble with developer tokens",
            width=7,
            description="1 while a token is refused, or while the file that it comes from cannot "
            "be used although an older token serves on.",
            unit="none",
            decimals=0,
            bounds=(0, 1),
            runbook="AppleMusicDeveloperTokenFileUnusable",
            queries=(
                Query(highest(of("applemusic_developer_token_rejected")), "refused: the server's"),
                Query(
                    highest(of(f"{_OWN}_rejected"), "account"),
                    "refused: {{account}}",
                ),
                Query(
                    called(
                        highest(of("applemusic_developer_token_file_unusable"), "account"),
                        "account",
                        "",
                        "the server's",
                    ),
                    "file: {{account}}",
                ),
            ),
        ),
        Lines(
            title="Renewals of sign-ins",
            width=7,
            description="Renewed; refused by Apple; unproven: Apple did not accept the token it "
            "gave; or failed for another reason. The old token stays until the new one is proven.",
            unit=PER_MINUTE,
            runbook="AppleMusicUserTokenExpires14d",
            queries=(
                Query(
                    per_minute("applemusic_music_user_token_renewals_total", "outcome"),
                    "{{outcome}}",
                ),
            ),
            looks={
                "renewed": Look("green"),
                "refused": Look("red"),
                "unproven": Look("orange"),
                "failed": Look("yellow"),
            },
        ),
    )


def _events() -> tuple[Panel, ...]:
    return (
        Lines(
            title="What happened to accounts",
            description="Signed in, expiring, renewed, rejected, signed out or updated. With "
            "several servers each of them hears of it.",
            unit=PER_MINUTE,
            width=12,
            runbook="AppleMusicUserTokenRejected",
            queries=(Query(per_minute("applemusic_account_events_total", "event"), "{{event}}"),),
            looks={"rejected": Look("red"), "expiring": Look("orange")},
        ),
        Lines(
            title="Sign-ins",
            description="What happened to sign-ins. Many of wrong_code and throttled: somebody "
            "guesses codes.",
            unit=PER_MINUTE,
            width=12,
            queries=(Query(per_minute("applemusic_sign_ins_total", "outcome"), "{{outcome}}"),),
            looks={
                "succeeded": Look("green"),
                "begun": Look(PLAIN),
                "wrong_code": Look("red"),
                "throttled": Look("orange"),
            },
        ),
    )
