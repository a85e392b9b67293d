"""Turns whatever a call fails with into a status, once."""

import grpc
from structlog.typing import FilteringBoundLogger

from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.wire.errors import internal_error, to_status
from applemusic_server.wire.interceptors.call import REQUEST_ID_KEY, Call, Proceed


class Translating:
    """The stage that calls `wire.errors`."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log

    async def around(self, call: Call, proceed: Proceed) -> None:
        """Abort the call with a status when what is inside fails."""
        try:
            await proceed()
        except grpc.aio.AbortError:
            raise  # health and reflection abort by themselves
        except AppleMusicError as error:
            await self._abort(call, error)
        except Exception as error:  # noqa: BLE001 - the last place where a defect can be met
            self._log.error("defect", method=call.path, request_id=call.request_id, exc_info=error)
            await self._abort(call, internal_error(call.request_id))

    async def _abort(self, call: Call, error: AppleMusicError) -> None:
        call.error = error
        await call.context.abort_with_status(to_status(error, ((REQUEST_ID_KEY, call.request_id),)))
