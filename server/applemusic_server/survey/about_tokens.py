"""What Apple says of tokens: good ones and such as nobody was ever given."""

from datetime import datetime
from typing import Final

from applemusic_server.domain.account import ASSUMED_TOKEN_LIFE
from applemusic_server.domain.secret import Secret
from applemusic_server.survey.answer import Answer, judged
from applemusic_server.survey.asking import at
from applemusic_server.survey.questions import Survey
from applemusic_server.survey.words import code_word, kind_word

# In the form of Apple's, and nobody's: it stands for one that has ended.
_MADE_UP: Final = Secret("AA" * 43 + "==")
_FORBIDDEN, _UNAUTHORIZED = 403, 401
_NO_CODE: Final = "40300"


async def about_tokens(survey: Survey, now: datetime) -> list[Answer]:
    """Return what is said of tokens; changes nothing."""
    return [
        await _web_host(survey),
        await _no_user(survey),
        await _no_developer(survey),
        await _life(survey, now),
        await _subscription(survey),
    ]


async def _web_host(survey: Survey) -> Answer:
    path = f"/v1/storefronts/{survey.storefront}"
    here = await survey.asker.api(path, user=False)
    there = await survey.asker.api(path, user=False, on_web_host=True)
    return judged(
        "token.developer.web_host",
        "The host of Apple's web player (amp-api) takes a developer token of one's own, as the "
        "documented host does.",
        holds=there.ok if here.ok and there.status else None,
        seen=(f"documented host: {here.shape}", f"web player's host: {there.shape}"),
    )


async def _no_user(survey: Survey) -> Answer:
    """Open question (e): 401 or 403, and where."""
    asker, account = survey.asker, survey.account
    # One that has ended tells more than one that never was.
    ended = account.music_user_token if account.rejected else None
    token = ended or _MADE_UP
    which = "the account's own token, which has ended" if ended else "a token that was made up"
    seen = [f"asked with {which}"]
    refusals = []
    for path in ("storefront", "library/songs", "recent/played", "recommendations"):
        reply = await asker.api(f"/v1/me/{path}", user_token=token)
        seen.append(f"me/{path}: {reply.shape}")
        refusals.append((reply.status, reply.code))
    lyrics = f"/v1/catalog/{survey.storefront}/songs/1/lyrics"
    reply = await asker.api(lyrics, on_web_host=True, user_token=token)
    seen.append(f"lyrics of the web player's host: {reply.shape}")
    if survey.songs:
        body = {"salableAdamId": survey.songs[0]}
        reply = await asker.player("webPlayback", body, user_token=token)
        failure = reply.json.get("failureType")
        kind = f"{kind_word(failure)}, code {code_word(failure)}"
        seen.append(f"webPlayback: {reply.shape}; failureType: {kind}")
    return judged(
        "token.user.refused",
        "A music user token that is no good is answered with 403 and code 40300 below /v1/me (one "
        "that was made up stands for one that has ended).",
        holds=all(each == (_FORBIDDEN, _NO_CODE) for each in refusals),
        seen=seen,
    )


async def _no_developer(survey: Survey) -> Answer:
    made_up = Secret("not-a-token")
    test = await survey.asker.api("/v1/test", user=False, developer_token=made_up)
    path = f"/v1/storefronts/{survey.storefront}"
    other = await survey.asker.api(path, user=False, developer_token=made_up)
    return judged(
        "token.developer.refused",
        "A developer token that is no good is answered with 401.",
        holds=all(each.status == _UNAUTHORIZED for each in (test, other)),
        seen=(f"test: {test.shape}", f"catalog: {other.shape}"),
    )


async def _life(survey: Survey, now: datetime) -> Answer:
    """Open question (b), as far as one account tells: how old is a token that is still good?"""
    reply = await survey.asker.api("/v1/me/storefront")
    account = survey.account
    age = (now - account.token_first_seen_time).days
    seen = [
        f"Apple's answer to the account's token: {reply.status}",
        f"signed in {age} days ago",
        "never renewed by this server",
    ]
    if account.token_renewed_time:
        seen[-1] = f"last renewed {(now - account.token_renewed_time).days} days ago"
    life = ASSUMED_TOKEN_LIFE.days
    present = (now - account.token_time).days
    holds = None
    if (reply.ok and present > life + 7) or (
        reply.status in (_FORBIDDEN, _UNAUTHORIZED) and present < life - 7
    ):
        holds = False
    elif account.token_renewed_time and reply.ok and age > life:
        holds = True
    return judged(
        "token.user.life",
        "A music user token lives about 180 days, and renewing it begins them anew.",
        holds=holds,
        seen=seen,
    )


async def _subscription(survey: Survey) -> Answer:
    reply = await survey.asker.api("/v1/me/account", {"meta": "subscription"})
    active = at(reply.json, "meta", "subscription", "active")
    return judged(
        "account.subscription",
        "me/account with meta=subscription says whether a subscription is active.",
        holds=isinstance(active, bool),
        seen=(reply.shape, f"meta.subscription.active: {kind_word(active)}"),
    )
