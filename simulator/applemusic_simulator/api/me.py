"""What the service says of the listener."""

from collections.abc import Sequence
from typing import Any

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.api.storefronts import storefront_resource


class MeEndpoints:
    """`/v1/me/storefront` and `/v1/me/account`."""

    def routes(self) -> Sequence[Route]:
        """All routes; each needs a music user token."""
        return (
            Route("GET", "/me/storefront", self._storefront, listener=True),
            Route("GET", "/me/account", self._account, listener=True),
        )

    def _storefront(self, call: Call) -> Answer:
        return Answer({"data": [storefront_resource(call.listener.storefront)]})

    def _account(self, call: Call) -> Answer:
        account = call.listener
        restrictions: dict[str, Any] = {} if account.explicit_allowed else {"explicit": False}
        body: dict[str, Any] = {
            "data": [
                {
                    "id": "me",
                    "type": "accounts",
                    "href": "/v1/me/account",
                    "attributes": {"restrictions": restrictions},
                }
            ]
        }
        meta: dict[str, Any] = {}
        if "subscription" in call.query.names("meta"):
            subscription = {"active": account.subscribed, "storefront": account.storefront}
            meta["subscription"] = subscription
        asked = call.query.names("challenge[subscriptionCapabilities]")
        if asked:
            held = asked if account.subscribed else []
            meta["challenge"] = {"subscriptionCapabilities": held}
        if meta:
            body["meta"] = meta
        return Answer(body)
