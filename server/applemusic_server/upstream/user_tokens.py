"""Renews music user tokens at Apple, and takes them back there."""

from applemusic_server.domain.errors import FailedPreconditionError, InternalError, Reason
from applemusic_server.domain.gateways import DeveloperTokenSource
from applemusic_server.domain.secret import Secret
from applemusic_server.upstream.api_client import decode_json
from applemusic_server.upstream.endpoints import Endpoint, Endpoints
from applemusic_server.upstream.error_body import read_fault
from applemusic_server.upstream.failures import refusal
from applemusic_server.upstream.token_check import DeveloperTokenCheck
from applemusic_server.upstream.transport import Answer, Call, Transport

_ACTIONS = "/WebObjects/MZPlay.woa/wa"
_OK = 200
_UNAUTHORIZED = frozenset({401, 403})
_SHORTEST, _LONGEST = 32, 4096


class AppleUserTokens:
    """Implements `UserTokenGateway` as Apple's web player does it; Apple documents none of it.

    Args:
        transport: The way out.
        endpoints: Where Apple is.
        developer_tokens: The developer token.
        check: Tells the tokens apart after a 401 or 403.
    """

    def __init__(
        self,
        transport: Transport,
        endpoints: Endpoints,
        developer_tokens: DeveloperTokenSource,
        check: DeveloperTokenCheck,
    ) -> None:
        self._transport = transport
        self._base = f"{endpoints.play}{_ACTIONS}"
        self._developer_tokens = developer_tokens
        self._check = check

    async def renew(self, account_id: str, music_user_token: Secret) -> Secret:
        """Return a new token for an old one (reference: observed, section 1.4).

        Raises:
            FailedPreconditionError: RENEWAL_REFUSED, also when the answer holds no new token; a
                DEVELOPER_TOKEN reason.
            AppleMusicError: An UPSTREAM reason.
        """
        endpoint = Endpoint.RENEWAL
        answer = await self._post(endpoint, "renewMusicToken", account_id, music_user_token)
        if answer.status in _UNAUTHORIZED:
            await self._check.require_good(self._developer_tokens.current(account_id).value)
            raise renewal_refused(account_id, "Apple does not renew it any more")
        if answer.status != _OK:
            raise refusal(endpoint, answer.status, read_fault(answer.body, endpoint).code)
        try:
            value = decode_json(answer, endpoint).text("music-token")
        except InternalError:
            value = ""
        if not _is_token(value):
            raise renewal_refused(account_id, "Apple's answer holds no new one")
        if value == music_user_token.reveal():
            raise renewal_refused(account_id, "Apple gave back the same one")
        return Secret(value)

    async def revoke(self, account_id: str, music_user_token: Secret) -> None:
        """Log the token out, which ends it for every program that holds it.

        Raises:
            AppleMusicError: A DEVELOPER_TOKEN or an UPSTREAM reason.
        """
        endpoint = Endpoint.LOGOUT
        answer = await self._post(endpoint, "webPlayerLogout", account_id, music_user_token)
        if answer.status in _UNAUTHORIZED:
            await self._check.require_good(self._developer_tokens.current(account_id).value)
        if answer.status != _OK:
            raise refusal(endpoint, answer.status, read_fault(answer.body, endpoint).code)

    async def _post(
        self, endpoint: Endpoint, action: str, account_id: str, music_user_token: Secret
    ) -> Answer:
        """Post nothing with both tokens. Twice is as good as once: both calls only ask again."""
        token = self._developer_tokens.current(account_id).value
        return await self._transport.send(
            Call(
                endpoint,
                f"{self._base}/{action}",
                method="POST",
                headers={
                    "Authorization": f"Bearer {token.reveal()}",
                    "X-Apple-Music-User-Token": music_user_token.reveal(),
                    "Accept": "application/json",
                    "Content-Type": "application/json",
                    "Content-Length": "0",
                },
            )
        )


def renewal_refused(account_id: str, why: str) -> FailedPreconditionError:
    """Build the error; `why` quotes nothing of a token."""
    return FailedPreconditionError(
        Reason.RENEWAL_REFUSED,
        f"the music user token of account {account_id!r} was not renewed: {why}; the old one "
        "stays in use",
        metadata={"account": account_id},
    )


def _is_token(value: str) -> bool:
    """Whether a text can be a token and be sent as a header."""
    return _SHORTEST <= len(value) <= _LONGEST and value.isascii() and value.isprintable()
