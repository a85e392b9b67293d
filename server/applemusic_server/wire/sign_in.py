"""Serves the sign-ins of `AuthService`."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Final

from applemusic.v1 import auth_service_pb2 as pb
from applemusic_server.application.sign_ins import SignIns, SignInStatus
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.sign_in import SignInState
from applemusic_server.wire.convert import timestamp
from applemusic_server.wire.convert_account import account_message
from applemusic_server.wire.grpc_types import Context

SIGN_IN_STATES: Final = {
    SignInState.PENDING: pb.SIGN_IN_STATE_PENDING,
    SignInState.FINISHING: pb.SIGN_IN_STATE_PENDING,
    SignInState.SUCCEEDED: pb.SIGN_IN_STATE_SUCCEEDED,
    SignInState.FAILED: pb.SIGN_IN_STATE_FAILED,
    SignInState.EXPIRED: pb.SIGN_IN_STATE_EXPIRED,
    SignInState.CANCELLED: pb.SIGN_IN_STATE_CANCELLED,
}


class SignInServicer:
    """Opens sign-ins, tells how they go, and ends them."""

    def __init__(self, sign_ins: SignIns, now: Callable[[], datetime]) -> None:
        self._sign_ins = sign_ins
        self._now = now

    async def begin_sign_in(
        self, request: pb.BeginSignInRequest, context: Context
    ) -> pb.BeginSignInResponse:
        """Open a sign-in."""
        del context
        begun = await self._sign_ins.begin(request.account, request.display_name)
        return pb.BeginSignInResponse(
            sign_in_id=begun.sign_in_id.reveal(),
            url=begun.url.reveal(),
            link_url=begun.link_url,
            user_code=begun.user_code.reveal(),
            expire_time=timestamp(begun.expire_time),
        )

    async def watch_sign_in(
        self, request: pb.WatchSignInRequest, context: Context
    ) -> AsyncGenerator[pb.WatchSignInResponse, None]:
        """Stream the state until the final one."""
        del context
        async with aclosing(self._sign_ins.watch(Secret(request.sign_in_id))) as states:
            async for status in states:
                yield self._message(status)

    async def cancel_sign_in(
        self, request: pb.CancelSignInRequest, context: Context
    ) -> pb.CancelSignInResponse:
        """End a sign-in."""
        del context
        await self._sign_ins.cancel(Secret(request.sign_in_id))
        return pb.CancelSignInResponse()

    def _message(self, status: SignInStatus) -> pb.WatchSignInResponse:
        account = status.account
        return pb.WatchSignInResponse(
            state=SIGN_IN_STATES[status.state],
            account=None if account is None else account_message(account, self._now()),
            message=status.message,
        )
