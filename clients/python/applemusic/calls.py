"""Making calls: the one place that sets deadlines and translates errors."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Any, TypedDict, TypeVar

from google.protobuf.message import Message
from grpc import aio

from applemusic.config import ClientConfig
from applemusic.convert import from_options
from applemusic.errors.base import AppleMusicError, ClientClosedError
from applemusic.errors.from_rpc import error_from_rpc
from applemusic.models.options import ReadOptions
from applemusic.paging import Batch, Batcher, Page, Pager
from applemusic.stubs import Stubs

_Item = TypeVar("_Item")
_Key = TypeVar("_Key")
_Request = TypeVar("_Request", bound=Message)
_Response = TypeVar("_Response", bound=Message)


class Timed(TypedDict, total=False):
    """What every method takes besides its own arguments."""

    timeout: float
    """Seconds that each call may take, at most 60; left out, `ClientConfig.timeout`."""


class Call(Timed, total=False):
    """What methods take that act for an account."""

    account: str
    """Account to act for; left out, the client's `ClientConfig.account`."""


class Read(Call, total=False):
    """What methods take that read resources."""

    options: ReadOptions
    """Language, storefront, artwork size and view; left out, `ClientConfig.options`."""


class Paged(Read, total=False):
    """What methods take that list resources."""

    page_size: int
    """Most items per page; left out, the default that the contract names for the list."""
    page_token: str
    """Page to begin with, from `Page.next_page_token`; left out, the first."""


class Calls:
    """What the controllers share: stubs, configuration, and how calls are made."""

    def __init__(
        self,
        stubs: Stubs,
        target: str,
        config: ClientConfig,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.stubs = stubs
        self.target = target
        self.config = config
        self.sleep = sleep
        self.chance = chance

    def fields(self, call: Call) -> dict[str, Any]:
        """Return the request fields that come from a method's keyword arguments."""
        names = ("page_size", "page_token")
        found = {name: value for name, value in call.items() if name in names}
        return {"account": call.get("account", self.config.account), **found}

    def read_fields(self, call: Read) -> dict[str, Any]:
        """Return the request fields of a read."""
        options = from_options(call.get("options", self.config.options))
        return {"options": options, **self.fields(call)}

    async def unary(
        self,
        method: aio.UnaryUnaryMultiCallable[_Request, _Response],
        request: _Request,
        call: Timed | None = None,
    ) -> _Response:
        """Make a call with a deadline.

        Raises:
            AppleMusicError: What the call failed with.
        """
        timeout = (call or {}).get("timeout", self.config.timeout)
        pending = method(request, timeout=timeout)
        try:
            return await pending
        except aio.AioRpcError as error:
            raise self.error(error) from error
        except asyncio.CancelledError:
            raise_if_not_ours(pending)
            raise

    async def stream(
        self, method: aio.UnaryStreamMultiCallable[_Request, _Response], request: _Request
    ) -> AsyncGenerator[_Response]:
        """Yield the messages of a stream; leaving the iteration cancels it.

        Raises:
            AppleMusicError: What the stream failed with.
        """
        pending = method(request)
        try:
            async for message in pending:
                yield message
        except aio.AioRpcError as error:
            raise self.error(error) from error
        except asyncio.CancelledError:
            raise_if_not_ours(pending)
            raise
        finally:
            pending.cancel()

    def pager(
        self,
        method: aio.UnaryUnaryMultiCallable[_Request, Any],
        request: _Request,
        items: Callable[[Any], tuple[_Item, ...]],
        call: Timed,
    ) -> Pager[_Item]:
        """Return the pages of a list.

        Args:
            method: The list's call.
            request: Its first request; later ones differ in the page token alone.
            items: Takes the items out of a response.
            call: The method's keyword arguments.
        """

        async def fetch(token: str) -> Page[_Item]:
            page = type(request)()
            page.CopyFrom(request)
            page.page_token = token  # type: ignore[attr-defined]  # every list request has it
            response = await self.unary(method, page, call)
            total: int | None = getattr(response, "total_count", None)
            return Page(items(response), response.next_page_token, total)

        return Pager(fetch, request.page_token)  # type: ignore[attr-defined]  # as above

    def batch(
        self,
        keys: Iterable[_Key],
        size: int,
        ask: Callable[[Any], Awaitable[tuple[tuple[_Item, ...], Iterable[str]]]],
    ) -> Batcher[_Item]:
        """Ask about any number of keys in parts of at most `size`, several at a time.

        Args:
            keys: What to ask about; repeats are asked once.
            size: The contract's maximum.
            ask: Asks about one part and returns what was found and the ids that were not.
        """

        async def part(names: list[_Key]) -> Batch[_Item]:
            found, missing = await ask(names)
            return Batch(found, tuple(missing))

        return Batcher(list(dict.fromkeys(keys)), size, self.config.concurrency, part)

    def error(self, error: aio.AioRpcError) -> AppleMusicError:
        """Return the exception for a failed call."""
        return error_from_rpc(error, self.target)


def raise_if_not_ours(call: aio.Call) -> None:
    """Tell a closed client from a cancelled task: grpc raises `CancelledError` for both.

    Raises:
        ClientClosedError: The call was cancelled and the present task was not.
    """
    task = asyncio.current_task()
    if call.cancelled() and task is not None and not task.cancelling():
        raise ClientClosedError("the client was closed during the call") from None
