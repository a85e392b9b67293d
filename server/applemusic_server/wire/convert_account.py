"""Accounts as messages of the contract."""

from datetime import datetime

from applemusic.v1 import auth_service_pb2 as pb
from applemusic_server.domain.account import Account
from applemusic_server.wire.convert import timestamp
from applemusic_server.wire.enums import ACCOUNT_STATES, SUBSCRIPTION_STATES


def account_message(account: Account, now: datetime) -> pb.Account:
    """Return what a caller may know of an account at `now`: everything but its token."""
    return pb.Account(
        id=account.id,
        display_name=account.display_name,
        storefront=account.storefront,
        language_tags=account.language_tags,
        state=ACCOUNT_STATES[account.state(now)],
        subscription_state=SUBSCRIPTION_STATES[account.subscription_state],
        token_first_seen_time=timestamp(account.token_first_seen_time),
        token_renewed_time=timestamp(account.token_renewed_time),
        token_assumed_expire_time=timestamp(account.token_assumed_expire_time),
        team_id=account.team_id,
        last_verified_time=timestamp(account.last_verified_time),
    )
