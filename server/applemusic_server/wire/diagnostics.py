"""Serves `GetDiagnostics`."""

from typing import Final, Protocol

from google.protobuf.duration_pb2 import Duration

from applemusic.v1 import server_service_pb2 as pb
from applemusic.v1.error_reason_pb2 import ERROR_REASON_UNSPECIFIED as UNSPECIFIED
from applemusic_server.application.diagnostic_check import Checked, CheckStatus
from applemusic_server.application.diagnostics import Diagnosis
from applemusic_server.wire.convert import timestamp
from applemusic_server.wire.convert_account import account_message
from applemusic_server.wire.enums import ERROR_REASONS
from applemusic_server.wire.grpc_types import Context

_STATUSES: Final = {
    CheckStatus.OK: pb.CHECK_STATUS_OK,
    CheckStatus.WARNING: pb.CHECK_STATUS_WARNING,
    CheckStatus.FAILED: pb.CHECK_STATUS_FAILED,
    CheckStatus.SKIPPED: pb.CHECK_STATUS_SKIPPED,
}


class Looking(Protocol):
    """Where the answer comes from; see `application.diagnostics`."""

    async def look(self, account_id: str, *, offline: bool) -> Diagnosis:
        """Do all checks."""
        ...


class DiagnosticsServicer:
    """Says what is wrong with this server."""

    def __init__(self, diagnostics: Looking) -> None:
        self._diagnostics = diagnostics

    async def get_diagnostics(
        self, request: pb.GetDiagnosticsRequest, context: Context
    ) -> pb.GetDiagnosticsResponse:
        """Return what was looked into."""
        del context
        found = await self._diagnostics.look(request.account, offline=request.offline)
        return pb.GetDiagnosticsResponse(
            checks=[_check(each) for each in found.checks],
            accounts=[account_message(each, found.time) for each in found.accounts],
            read_time=timestamp(found.time),
        )


def _check(checked: Checked) -> pb.DiagnosticCheck:
    finding = checked.finding
    took = Duration()
    took.FromMicroseconds(round(checked.seconds * 1e6))
    return pb.DiagnosticCheck(
        name=checked.name,
        status=_STATUSES[finding.status],
        message=finding.message,
        remedy=finding.remedy,
        reason=ERROR_REASONS[finding.reason] if finding.reason else UNSPECIFIED,
        duration=took,
        account_pseudonym=checked.pseudonym,
    )
