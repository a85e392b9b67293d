"""Apple's documented API: who asks, what comes back, and what a refusal means."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from applemusic_server.domain.errors import AppleMusicError, Reason, UnauthenticatedError
from applemusic_server.domain.gateways import DeveloperTokenSource
from applemusic_server.domain.secret import Secret
from applemusic_server.upstream.endpoints import Endpoint, Endpoints
from applemusic_server.upstream.error_body import read_fault
from applemusic_server.upstream.failures import invalid_answer, refusal
from applemusic_server.upstream.json_reader import JsonReader, decode_object
from applemusic_server.upstream.priority_gate import Priority
from applemusic_server.upstream.token_check import DeveloperTokenCheck
from applemusic_server.upstream.transport import PASSING_STATUSES, Answer, Call, Transport

_OK = 200
_DONE = frozenset({200, 201, 202, 204})

_BAD_REQUEST = 400
_NOT_FOUND = 404
_UNAUTHORIZED = frozenset({401, 403})
# Apple's playback side does not always say application/json.
_JSON_TYPE = re.compile(
    r"(application|text)/([a-z0-9.+-]+\+)?json|(application|text)/javascript|text/plain|"
)


@dataclass(frozen=True, slots=True)
class UserToken:
    """The music user token of a call and whose it is."""

    account_id: str
    value: Secret


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask of the API.

    Attributes:
        path: From the root, e.g. `/v1/catalog/us/songs`; ids in it are checked by the caller.
        user: For whom; None where Apple needs no listener.
        optional: Parameters, without their brackets, that only enrich the answer: asked again
            without the one that Apple finds fault with.
        on_web_host: Ask the host of Apple's web player, which has more and may refuse our token.
        method: What is not a GET must do no harm when it is sent twice; see `ApiClient.send`.
        body: Sent as JSON.
        repeatable: Sending it twice does no harm; others are sent again after a 429 alone.
        told_statuses: Refusals that the caller of `ApiClient.send` is told instead of an error.
    """

    endpoint: Endpoint
    path: str
    params: Mapping[str, str]
    user: UserToken | None = None
    priority: Priority = Priority.INTERACTIVE
    optional: frozenset[str] = frozenset({"l", "include", "extend", "relate", "limit[tracks]"})
    on_web_host: bool = False
    method: str = "GET"
    body: Mapping[str, object] | None = None
    repeatable: bool = True
    told_statuses: frozenset[int] = frozenset()

    def without(self, parameter: str) -> "Question | None":
        """Return the question without an optional parameter; None when it cannot do without."""
        faulty = {
            name
            for name in self.params
            if parameter
            and self.optional & {name, name.partition("[")[0]}
            and (name == parameter or name.partition("[")[0] == parameter)
        }
        if not faulty:
            return None
        params = {name: value for name, value in self.params.items() if name not in faulty}
        return replace(self, params=params)


@dataclass(frozen=True, slots=True)
class Missing:
    """Apple answered 404.

    Attributes:
        code: `40400` for an unknown resource, `40403` for a relationship or page with nothing in
            it; empty when Apple gave none.
    """

    code: str = ""


@dataclass(frozen=True, slots=True)
class Digested:
    """An answer that may be known already.

    Attributes:
        digest: Of its bytes.
        content: None when it is the known one.
    """

    digest: bytes
    content: JsonReader | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Apple answered with one of the statuses that the caller wants to be told."""

    status: int
    code: str = ""


class ApiClient:
    """Asks `api.music.apple.com` and, for what only it has, `amp-api.music.apple.com`.

    Args:
        transport: The way out.
        endpoints: Where Apple is.
        developer_tokens: The developer token.
        check: Tells the tokens apart after a 401 or 403.
        priority: Of all questions; None leaves each its own.
    """

    def __init__(
        self,
        transport: Transport,
        endpoints: Endpoints,
        developer_tokens: DeveloperTokenSource,
        check: DeveloperTokenCheck,
        priority: Priority | None = None,
    ) -> None:
        self._transport = transport
        self._endpoints = endpoints
        self._priority = priority
        self._bases = {False: endpoints.api, True: endpoints.amp_api}
        self._developer_tokens = developer_tokens
        self._check = check

    def in_background(self) -> "ApiClient":
        """Return a client that asks only what nobody waits for."""
        return ApiClient(
            self._transport,
            self._endpoints,
            self._developer_tokens,
            self._check,
            Priority.BACKGROUND,
        )

    async def get(self, question: Question) -> JsonReader | Missing:
        """Return the answer's object, or that there is nothing.

        A 400 about an optional parameter is asked again without it. That happens to `l`: Apple's
        list of languages is not its list of storefront tags (reference: observed).

        Raises:
            UnauthenticatedError: MUSIC_USER_TOKEN_REJECTED.
            FailedPreconditionError: A DEVELOPER_TOKEN reason or UPSTREAM_REFUSED.
            AppleMusicError: As `Transport.send`; UPSTREAM_RESPONSE_INVALID.
        """
        answer = await self._answer(question)
        return answer if isinstance(answer, Missing) else decode_json(answer, question.endpoint)

    async def get_unless(self, question: Question, known: bytes) -> "Digested | Missing":
        """Return the answer's digest, and its object unless the digest is the known one.

        Reading an answer costs many times what comparing it costs. Raises as `get`.
        """
        answer = await self._answer(question)
        if isinstance(answer, Missing):
            return answer
        digest = hashlib.blake2b(answer.body, digest_size=16).digest()
        return Digested(digest, None if digest == known else decode_json(answer, question.endpoint))

    async def _answer(self, question: Question) -> Answer | Missing:
        token = self._developer_token(question)
        answer = await self._exchange(question, token)
        if answer.status == _OK:
            self._check.accepted(token)
            return answer
        fault = read_fault(answer.body, question.endpoint)
        if answer.status == _NOT_FOUND:
            return Missing(fault.code)
        if answer.status in _UNAUTHORIZED:
            await self._check.require_good(token)
            raise token_error(question.endpoint, answer.status, fault.code, question.user)
        simpler = question.without(fault.parameter) if answer.status == _BAD_REQUEST else None
        if simpler is not None:
            return await self._answer(simpler)
        raise refusal(question.endpoint, answer.status, fault.code, fault.parameter)

    async def send(self, question: Question) -> JsonReader | Refused | None:
        """Do what a question asks for; it may be sent again unless it is not `repeatable`.

        Returns:
            What Apple answered, None for nothing; 200 to 204 are all alike, since clients have seen
            other codes than the documented ones. `Refused` for one of `told_statuses`; a 401 or 403
            only when both tokens are good, so that the refusal is about the call.

        Raises:
            AppleMusicError: As `get`.
        """
        token = self._developer_token(question)
        answer = await self._exchange(question, token)
        if answer.status in _DONE:
            return decode_json(answer, question.endpoint) if answer.body.strip() else None
        fault = read_fault(answer.body, question.endpoint)
        if answer.status in _UNAUTHORIZED:
            await self._check.require_good(token)
            if answer.status not in question.told_statuses or question.user is None:
                raise token_error(question.endpoint, answer.status, fault.code, question.user)
            await self._require_good_user(question.user)
        elif answer.status == _BAD_REQUEST and (simpler := question.without(fault.parameter)):
            return await self.send(simpler)
        if answer.status in question.told_statuses:
            return Refused(answer.status, fault.code)
        raise refusal(question.endpoint, answer.status, fault.code, fault.parameter)

    def _developer_token(self, question: Question) -> Secret:
        account_id = question.user.account_id if question.user is not None else ""
        return self._developer_tokens.current(account_id).value

    async def _exchange(self, question: Question, token: Secret) -> Answer:
        headers = {"Authorization": f"Bearer {token.reveal()}", "Accept": "application/json"}
        if question.user is not None:
            headers["Music-User-Token"] = question.user.value.reveal()
        body: bytes | None = None
        if question.body is not None:
            body = json.dumps(question.body).encode()
            headers["Content-Type"] = "application/json"
        elif question.method != "GET":
            headers["Content-Length"] = "0"  # Apple wants it said (reference: observed).
        return await self._transport.send(
            Call(
                question.endpoint,
                self._bases[question.on_web_host] + question.path,
                method=question.method,
                params=question.params,
                headers=headers,
                body=body,
                priority=question.priority if self._priority is None else self._priority,
                repeatable=question.repeatable,
                passing_statuses=PASSING_STATUSES - question.told_statuses,
            )
        )

    async def _require_good_user(self, user: UserToken) -> None:
        """Return if Apple accepts a music user token; it is asked where nothing else can fail."""
        await self.get(Question(Endpoint.ME_STOREFRONT, "/v1/me/storefront", {}, user))


def token_error(
    endpoint: Endpoint, status: int, apple_code: str, user: UserToken | None
) -> AppleMusicError:
    """Say what a 401 or 403 means once the developer token is known to be good."""
    if user is None:
        return refusal(endpoint, status, apple_code)
    return UnauthenticatedError(
        Reason.MUSIC_USER_TOKEN_REJECTED,
        f"Apple does not accept the music user token of account {user.account_id!r} any more; "
        "sign in again",
        metadata={"account": user.account_id},
    )


def decode_json(answer: Answer, endpoint: Endpoint) -> JsonReader:
    """Decode a body that has to be a JSON object and says so.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID.
    """
    if not _JSON_TYPE.fullmatch(answer.content_type.lower()):
        raise invalid_answer(endpoint, "its content type is not JSON")
    return decode_object(answer.body, endpoint)
