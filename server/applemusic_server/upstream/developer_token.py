"""Where the developer token comes from: given ready, made from the operator's key, or nowhere."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.domain.gateways import DeveloperToken
from applemusic_server.domain.secret import Secret

# Apple's limit (reference: Apple docs). A token made for exactly so long was refused (observed).
LONGEST_LIFE = timedelta(seconds=15_777_000)
LIFE = timedelta(days=180)
# Apple's clock and ours need not agree.
_SKEW = timedelta(minutes=5)
_RENEW_AT = 0.75
_ALGORITHM = "ES256"
_APPLE_ID = re.compile(r"[A-Za-z0-9]{10}")


class NoDeveloperToken:
    """Stands where the operator configured none."""

    def current(self) -> DeveloperToken:
        """Raise DEVELOPER_TOKEN_MISSING."""
        raise FailedPreconditionError(
            Reason.DEVELOPER_TOKEN_MISSING,
            "no developer token is configured; configure one, or the team id, key id and private "
            "key of a MusicKit key",
        )


class GivenDeveloperToken:
    """A token that somebody else made. It is not verified: only Apple can tell.

    Args:
        token: The JWT.
        clock: The time now, in UTC.
    """

    def __init__(self, token: Secret, *, clock: Callable[[], datetime]) -> None:
        self._given = token
        self._clock = clock
        self._token: DeveloperToken | None = None

    def current(self) -> DeveloperToken:
        """Return the token.

        Raises:
            FailedPreconditionError: DEVELOPER_TOKEN_EXPIRED; DEVELOPER_TOKEN_REJECTED with
                `detail`, when Apple cannot but refuse it.
        """
        now = self._clock()
        if self._token is None:
            self._token = read_developer_token(self._given, now=now)
        if self._token.expire_time <= now - _SKEW:
            ended = self._token.expire_time.isoformat()
            raise FailedPreconditionError(
                Reason.DEVELOPER_TOKEN_EXPIRED,
                f"the developer token ended at {ended}; replace it",
                metadata={"expireTime": ended},
            )
        return self._token


class MintedDeveloperToken:
    """Makes tokens from a MusicKit key: one lives 180 days and is replaced at 75 % of that.

    Args:
        team_id: Ten characters, from Apple's developer site.
        key_id: Ten characters, of the MusicKit key.
        private_key: The text of the .p8 file (PEM, P-256).
        clock: The time now, in UTC.
    """

    def __init__(
        self, *, team_id: str, key_id: str, private_key: Secret, clock: Callable[[], datetime]
    ) -> None:
        self._team_id = team_id
        self._key_id = key_id
        self._private_key = private_key
        self._clock = clock
        self._token: DeveloperToken | None = None
        self._minted_time = datetime.min.replace(tzinfo=UTC)

    def current(self) -> DeveloperToken:
        """Return a token with at least a quarter of its life left.

        Raises:
            FailedPreconditionError: DEVELOPER_TOKEN_REJECTED with `detail`: the key or one of the
                ids is not one.
        """
        now = self._clock()
        # A token from the future means that the clock was set back; Apple would refuse it.
        is_fresh = self._minted_time <= now < self._minted_time + LIFE * _RENEW_AT
        if self._token is None or not is_fresh:
            self._token = self._mint(now)
            self._minted_time = now
        return self._token

    def _mint(self, now: datetime) -> DeveloperToken:
        for name, value in (("team id", self._team_id), ("key id", self._key_id)):
            if not _APPLE_ID.fullmatch(value):
                raise rejected_developer_token(f"the {name} is not ten letters and digits")
        expire_time = (now + LIFE).replace(microsecond=0)
        value = jwt.encode(
            {
                "iss": self._team_id,
                "iat": int(now.timestamp()),
                "exp": int(expire_time.timestamp()),
            },
            _load_key(self._private_key),
            algorithm=_ALGORITHM,
            headers={"kid": self._key_id},
        )
        return DeveloperToken(Secret(value), expire_time, self._team_id)


def read_developer_token(token: Secret, *, now: datetime) -> DeveloperToken:
    """Read what a developer token says of itself, without verifying its signature.

    Raises:
        FailedPreconditionError: DEVELOPER_TOKEN_REJECTED with `detail` naming the fault. A token
            past its end is not refused here: see `GivenDeveloperToken.current`.
    """
    header, claims = _decode(token)
    if header.get("alg") != _ALGORITHM:
        raise rejected_developer_token("it is not signed with ES256")
    if not isinstance(header.get("kid"), str) or not header["kid"]:
        raise rejected_developer_token("its header names no key (kid)")
    team_id = claims.get("iss")
    if not isinstance(team_id, str) or not team_id:
        raise rejected_developer_token("it names no team (iss)")
    expire_time = _moment(claims.get("exp"))
    if expire_time is None:
        raise rejected_developer_token("it has no end (exp)")
    if expire_time - now > LONGEST_LIFE + _SKEW:
        raise rejected_developer_token("its end is more than 15777000 s ahead, Apple's limit")
    return DeveloperToken(token, expire_time, team_id)


def _decode(token: Secret) -> tuple[Mapping[str, object], Mapping[str, object]]:
    try:
        decoded = jwt.decode_complete(token.reveal(), options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        # From None: the text of the error can quote the token.
        raise rejected_developer_token("it is not a JSON web token") from None
    return decoded["header"], decoded["payload"]


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _load_key(private_key: Secret) -> EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(private_key.reveal().encode(), password=None)
    except (ValueError, TypeError):
        raise rejected_developer_token("the private key is not readable as PEM") from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise rejected_developer_token("the private key is not a P-256 key")
    return key


def rejected_developer_token(detail: str) -> FailedPreconditionError:
    """Build the error; `detail` says what is known to be wrong and quotes nothing of the token."""
    return FailedPreconditionError(
        Reason.DEVELOPER_TOKEN_REJECTED,
        f"Apple does not accept the developer token: {detail}",
        metadata={"detail": detail},
    )
