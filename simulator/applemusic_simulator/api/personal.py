"""What a listener has to do with catalogue resources."""

from collections.abc import Collection
from typing import Any

from applemusic_simulator.accounts import Account
from applemusic_simulator.social.library_link import LIBRARY_KINDS
from applemusic_simulator.social.opinions import FAVORED
from applemusic_simulator.social.social import Social


class Personal:
    """Answers for one listener.

    Args:
        social: What is remembered.
        account: Who asks.
    """

    def __init__(self, social: Social, account: Account) -> None:
        self._social = social
        self._account = account

    def attributes(self, kind: str, item_id: str, wanted: Collection[str]) -> dict[str, Any]:
        """`inFavorites` and `inLibrary`, those that were asked for and make sense."""
        found: dict[str, Any] = {}
        if "inFavorites" in wanted and kind in FAVORED:
            found["inFavorites"] = self._social.opinions.is_favorite(self._account, kind, item_id)
        if "inLibrary" in wanted and kind in (*LIBRARY_KINDS, "artists"):
            found["inLibrary"] = bool(self._library_id(kind, item_id))
        return found

    def library(self, kind: str, item_id: str) -> list[dict[str, Any]]:
        """References to the library items that a catalogue item became: one or none."""
        library_id = self._library_id(kind, item_id)
        if not library_id:
            return []
        href = f"/v1/me/library/{kind}/{library_id}"
        return [{"id": library_id, "type": f"library-{kind}", "href": href}]

    def _library_id(self, kind: str, item_id: str) -> str:
        return self._social.library.library_id(self._account.id, kind, item_id)
