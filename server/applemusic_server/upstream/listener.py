"""Asks Apple about the owner of a music user token."""

from applemusic_server.domain.account import SubscriptionState
from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.domain.gateways import ListenerProfile, Storefront
from applemusic_server.domain.secret import Secret
from applemusic_server.upstream.api_client import ApiClient, Missing, Question, UserToken
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.failures import invalid_answer
from applemusic_server.upstream.parse.storefront import parse_storefronts


class AppleListeners:
    """Asks about listeners; implements `ListenerGateway`.

    Args:
        api: Asks Apple.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def profile(self, account_id: str, music_user_token: Secret) -> ListenerProfile:
        """Return the listener's storefront and, where Apple says so, the subscription.

        Raises:
            UnauthenticatedError: MUSIC_USER_TOKEN_REJECTED; the developer token is good.
            FailedPreconditionError: A DEVELOPER_TOKEN reason.
        """
        user = UserToken(account_id, music_user_token)
        return ListenerProfile(await self._storefront(user), await self._subscription(user))

    async def _storefront(self, user: UserToken) -> Storefront:
        endpoint = Endpoint.ME_STOREFRONT
        answer = await self._api.get(Question(endpoint, "/v1/me/storefront", {}, user))
        storefronts = () if isinstance(answer, Missing) else parse_storefronts(answer)
        if not storefronts:
            raise invalid_answer(endpoint, "it names no storefront")
        return storefronts[0]

    async def _subscription(self, user: UserToken) -> SubscriptionState:
        """Ask a page that Apple does not document; whatever it answers, the token is good."""
        question = Question(Endpoint.ME_ACCOUNT, "/v1/me/account", {"meta": "subscription"}, user)
        try:
            answer = await self._api.get(question)
            meta = None if isinstance(answer, Missing) else answer.child("meta")
            subscription = meta.child("subscription") if meta else None
            if subscription is None or not subscription.has("active"):
                return SubscriptionState.UNKNOWN
            if subscription.truth("active"):
                return SubscriptionState.ACTIVE
        except AppleMusicError:
            return SubscriptionState.UNKNOWN
        return SubscriptionState.INACTIVE
