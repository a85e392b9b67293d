"""Names the account in requests for a page that leave it out.

A page token is good for the request that it was made for, account included. Where that is empty it
means the only account, which may be another one when the next page is asked for: named here, the
token does not fit any more.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from google.protobuf.message import Message

from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.wire.interceptors.call import Call, Proceed

_OF_A_LIST: Final = ("account", "page_token")


class OnlyAccount:
    """The stage that does so.

    Args:
        only: Returns the id of the only account that the call may touch; raises ACCOUNT_REQUIRED.
    """

    def __init__(self, only: Callable[[], Awaitable[str]]) -> None:
        self._only = only

    def around(self, call: Call, proceed: Proceed) -> Awaitable[None]:
        """Have the request completed before it is served."""
        call.complete = self._name
        return proceed()

    async def _name(self, request: Message) -> None:
        fields = request.DESCRIPTOR.fields_by_name
        if not all(name in fields for name in _OF_A_LIST):
            return
        if getattr(request, "account", ""):
            return
        try:
            only = await self._only()
        except FailedPreconditionError as error:
            if error.reason is not Reason.ACCOUNT_REQUIRED:
                raise
            return  # What the catalog has, nobody need be signed in for; the rest says so itself.
        request.account = only  # type: ignore[attr-defined]  # of every such request
