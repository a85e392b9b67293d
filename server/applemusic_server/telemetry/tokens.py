"""What becomes of tokens, as metrics and in the log."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge
from structlog.typing import FilteringBoundLogger

from applemusic_server.application.accounts import AccountChange
from applemusic_server.application.renewals import RenewalOutcome
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import Reason
from applemusic_server.domain.gateways import DeveloperToken

SOURCES: Final = ("key", "file", "shared", "none")
"""Where a developer token may come from: a key, a file, a file that many servers have, nowhere."""

_SHARED: Final = "Apple throttles all servers that use it together, and it ends for all at once"


class TokenTelemetry:
    """Hears about renewals, accounts and developer tokens.

    Args:
        registry: Where the metrics are.
        log: Where to write.
        source: Where the server's own developer token comes from; one of `SOURCES`.
    """

    def __init__(
        self, registry: CollectorRegistry, log: FilteringBoundLogger, source: str = "none"
    ) -> None:
        self._log = log
        self._renewals = Counter(
            "applemusic_music_user_token_renewals_total",
            "Renewals of music user tokens that ended: renewed, refused by Apple, answered with a "
            "token that Apple then did not accept (unproven), or failed for another reason.",
            ("outcome",),
            registry=registry,
        )
        self._events = Counter(
            "applemusic_account_events_total",
            "What happened to accounts, on this replica or another.",
            ("event",),
            registry=registry,
        )
        self._developer_expiry = Gauge(
            "applemusic_account_developer_token_expiry_timestamp_seconds",
            "When the developer token that an account has of its own ends; 0 when it is no good.",
            ("account",),
            registry=registry,
        )
        self._developer_problem = Gauge(
            "applemusic_developer_token_rejected",
            "1 when Apple or this server finds fault with the developer token, else 0.",
            registry=registry,
        )
        self._account_problem = Gauge(
            "applemusic_account_developer_token_rejected",
            "1 when Apple or this server finds fault with the developer token that an account has "
            "of its own, else 0.",
            ("account",),
            registry=registry,
        )
        self._file_faults = Gauge(
            "applemusic_developer_token_file_unusable",
            "1 while the file that a developer token comes from cannot be used, even if an older "
            "token serves on; else 0. The account is empty for the server's own.",
            ("account",),
            registry=registry,
        )
        origin = Gauge(
            "applemusic_developer_token_source",
            "1 for where the server's own developer token comes from, 0 for the others: made from "
            "a key, given in a file, given and shared with other servers, or none.",
            ("source",),
            registry=registry,
        )
        for each in SOURCES:
            origin.labels(each).set(each == source)
        if source == "shared":
            log.warning("developer token is shared", error=_SHARED)
        for outcome in RenewalOutcome:
            self._renewals.labels(outcome.value)
        for change in AccountChange:
            self._events.labels(change.name.lower())

    def renewal_ended(self, account_id: str, outcome: RenewalOutcome, problem: str) -> None:
        """Count a renewal."""
        self._renewals.labels(outcome.value).inc()
        if outcome is not RenewalOutcome.RENEWED:
            self._log.warning(
                "token not renewed", account=account_id, outcome=outcome.value, error=problem
            )

    def account_changed(self, change: AccountChange, account: Account) -> None:
        """Count and log what happened to an account."""
        self._events.labels(change.name.lower()).inc()
        log = self._log.info
        if change in (AccountChange.EXPIRING, AccountChange.REJECTED):
            log = self._log.warning
        log(
            f"account {change.name.lower().replace('_', ' ')}",
            account=account.id,
            token_assumed_expire_time=account.token_assumed_expire_time.isoformat(),
        )

    def developer_token_accepted(self, account_id: str, token: DeveloperToken) -> None:
        """Log that Apple accepts a token."""
        self._log.info(
            "developer token accepted",
            **({"account": account_id} if account_id else {}),
            team=token.team_id,
            expire_time=token.expire_time.isoformat(),
        )

    def developer_token_problem(self, account_id: str, reason: Reason | None, problem: str) -> None:
        """Log what is wrong with a token; without a reason it is a warning ahead of time."""
        missing = reason is Reason.DEVELOPER_TOKEN_MISSING
        self._log.warning(
            "no developer token" if missing else "developer token",
            **({"account": account_id} if account_id else {}),
            **({"reason": reason.value} if reason else {}),
            error=problem,
        )

    def developer_token_file_mended(self, account_id: str) -> None:
        """Log that a file which could not be used can be again."""
        self._log.info(
            "developer token file is good again", **({"account": account_id} if account_id else {})
        )

    def accounts_unreadable(self, reason: Reason) -> None:
        """Log that metrics show accounts as they were."""
        self._log.warning("accounts cannot be read for metrics", reason=reason.value)

    def keeper_failed(self, error: BaseException) -> None:
        """Log that tokens are not looked after any more, which is a defect."""
        self._log.error("tokens are not looked after any more", exc_info=error)

    def set_developer_token_rejected(self, *, rejected: bool) -> None:
        """Show whether the server's developer token is known to be no good."""
        self._developer_problem.set(rejected)

    def set_account_developer_tokens_rejected(self, rejected: Iterable[tuple[str, bool]]) -> None:
        """Show which of the developer tokens that accounts have of their own are no good."""
        for account, is_rejected in rejected:
            self._account_problem.labels(account).set(is_rejected)

    def set_developer_token_files(self, unusable: Iterable[tuple[str, bool]]) -> None:
        """Show which files cannot be used, by account id; the server's is under ''."""
        for account, is_unusable in unusable:
            self._file_faults.labels(account).set(is_unusable)

    def set_developer_token_expiries(self, expiries: Iterable[tuple[str, datetime | None]]) -> None:
        """Show when the developer tokens that accounts have of their own end."""
        self._developer_expiry.clear()
        for account, moment in expiries:
            self._developer_expiry.labels(account).set(moment.timestamp() if moment else 0)
