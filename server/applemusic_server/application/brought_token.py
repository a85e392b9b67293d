"""A music user token that a person brings, and the account that it makes."""

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from applemusic_server.domain.account import Account, SubscriptionState
from applemusic_server.domain.errors import FailedPreconditionError, Reason, invalid_field
from applemusic_server.domain.gateways import ListenerProfile
from applemusic_server.domain.secret import Secret

# Base64 in either alphabet. Observed tokens end in `==`, but nobody promises that.
_TOKEN: Final = re.compile(r"[A-Za-z0-9+/_=.-]{32,4096}")


def checked_token(token: Secret) -> Secret:
    """Return a token without the blanks that copying brings along.

    Raises:
        InvalidArgumentError: INVALID_FIELD, it cannot be one.
    """
    value = token.reveal().strip()
    if not _TOKEN.fullmatch(value):
        raise invalid_field(
            "music_user_token",
            "a music user token is base64 of at least 32 characters, as MusicKit or the web "
            "player holds it",
        )
    return Secret(value)


def check_is_nobody_elses(token: Secret, account_id: str, accounts: Collection[Account]) -> None:
    """Return if no account but the one that a token is for holds it.

    Tokens are compared as decrypted: nothing that is stored tells which accounts share one. The
    other account is not named, for the caller may not be permitted to know of it.

    Raises:
        FailedPreconditionError: MUSIC_USER_TOKEN_IN_USE.
    """
    if any(each.id != account_id and each.music_user_token == token for each in accounts):
        raise FailedPreconditionError(
            Reason.MUSIC_USER_TOKEN_IN_USE,
            "Another account of this server holds this music user token already, so nothing was "
            f"stored for {account_id!r}. Sign in as the person that this account is for, or sign "
            "the other account out first.",
            metadata={"account": account_id},
        )


def signed_in(
    account_id: str,
    token: Secret,
    profile: ListenerProfile,
    before: Account | None,
    now: datetime,
) -> Account:
    """Build the account after a sign-in; the age of a token that was there before is kept."""
    is_same = before is not None and before.music_user_token == token
    account = Account(
        id=account_id,
        music_user_token=token,
        storefront=profile.storefront.id,
        token_first_seen_time=before.token_first_seen_time if before and is_same else now,
        token_renewed_time=before.token_renewed_time if before and is_same else None,
        display_name=before.display_name if before else "",
        last_verified_time=now,
    )
    return with_profile(account, profile)


def with_profile(account: Account, profile: ListenerProfile) -> Account:
    """The account with what Apple says about its owner; what Apple did not say stays."""
    storefront = profile.storefront
    tags = (storefront.default_language_tag, *storefront.supported_language_tags)
    subscription = profile.subscription_state
    if subscription is SubscriptionState.UNKNOWN:
        subscription = account.subscription_state
    return replace(
        account,
        storefront=storefront.id,
        language_tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
        subscription_state=subscription,
    )
