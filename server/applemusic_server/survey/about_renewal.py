"""Whether Apple renews a music user token; asked only of an operator who wants it."""

from typing import Final

from applemusic_server.application.renewals import Renewals
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.domain.secret import Secret
from applemusic_server.survey.answer import Answer, judged
from applemusic_server.survey.asking import Asker

ANNOUNCEMENT: Final = (
    "This asks Apple for a new music user token, and stores it once it has proved to be good; the "
    "old one may end by it."
)
_ASSUMPTION: Final = (
    "Apple gives a new music user token for an old one (renewMusicToken), and the old one stays "
    "good."
)
_NAME: Final = "token.user.renewal"


def without_renewal() -> Answer:
    """Return what is said where nobody wanted it."""
    return judged(
        _NAME, _ASSUMPTION, holds=None, seen=("not tried: it was not allowed (--allow-renewal)",)
    )


async def about_renewal(
    asker: Asker, account: Account, renewals: Renewals
) -> tuple[Answer, tuple[Secret, ...]]:
    """Renew the account's token as the server does; return also the tokens that there were."""
    old = account.music_user_token
    if old is None:
        return without_renewal(), ()
    try:
        renewed = await renewals.renew(account)
    except AppleMusicError as error:
        seen = (_state(account), f"not renewed: {error.reason}; the old token stays")
        return judged(_NAME, _ASSUMPTION, holds=False, seen=seen), (old,)
    new = renewed.music_user_token or old
    before = await asker.api("/v1/me/storefront", user_token=old)
    after = await asker.api("/v1/me/storefront", user_token=new)
    answer = judged(
        _NAME,
        _ASSUMPTION,
        # An old one that was refused before is no better for it.
        holds=new != old and after.ok and (before.ok or account.rejected),
        seen=(
            _state(account),
            (
                f"a new token was {'given' if new != old else 'not given'}, and is answered with "
                f"{after.status}"
            ),
            f"the old one is answered with {before.status} after it",
        ),
    )
    return answer, (old, new)


def _state(account: Account) -> str:
    return "the token was refused before" if account.rejected else "the token was good until now"
