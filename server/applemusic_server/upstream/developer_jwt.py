"""The developer token as a JSON web token: what Apple wants to see in it, and making one."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.domain.gateways import DeveloperToken
from applemusic_server.domain.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

# Apple's limit (reference: Apple docs). A token made for exactly so long was refused (observed).
LONGEST_LIFE = timedelta(seconds=15_777_000)
LIFE = timedelta(days=180)
# Apple's clock and ours need not agree.
SKEW = timedelta(minutes=5)
_ALGORITHM = "ES256"
_UNUSABLE = "the developer token cannot be used"
_BEARER = "bearer "
_QUOTES = ("'", '"')
_ALGORITHM_NAME = re.compile(r"[A-Za-z0-9]{1,8}")


def mint_developer_token(
    private_key: Secret, team_id: str, key_id: str, *, now: datetime
) -> DeveloperToken:
    """Make a token that ends 180 days after it was, as far as it says, made: a little ago.

    Raises:
        FailedPreconditionError: DEVELOPER_TOKEN_REJECTED with `detail`: the key is not one.
    """
    issued = (now - SKEW).replace(microsecond=0)
    expire_time = issued + LIFE
    key = _load_key(private_key)
    # It loads certificates, too: 2 MB that a server without a developer token does without.
    import jwt  # noqa: PLC0415 - see above

    value = jwt.encode(
        {"iss": team_id, "iat": int(issued.timestamp()), "exp": int(expire_time.timestamp())},
        key,
        algorithm=_ALGORITHM,
        headers={"kid": key_id},
    )
    return DeveloperToken(Secret(value), expire_time, team_id)


def read_developer_token(token: Secret, *, now: datetime) -> DeveloperToken:
    """Read what a developer token says of itself, without verifying its signature.

    Raises:
        FailedPreconditionError: DEVELOPER_TOKEN_REJECTED with `detail` naming the fault. A token
            past its end is not refused here: see `GivenDeveloperToken.current`.
    """
    header, claims = _decode(token)
    algorithm = header.get("alg")
    if algorithm != _ALGORITHM:
        named = isinstance(algorithm, str) and _ALGORITHM_NAME.fullmatch(algorithm)
        raise rejected_developer_token(
            "it is not signed with ES256" + (f" but with {algorithm}" if named else "")
        )
    if not isinstance(header.get("kid"), str) or not header["kid"]:
        raise rejected_developer_token("its header names no key (kid)")
    team_id = claims.get("iss")
    if not isinstance(team_id, str) or not team_id:
        raise rejected_developer_token("it names no team (iss)")
    expire_time = _moment(claims.get("exp"))
    if expire_time is None:
        raise rejected_developer_token("it has no end (exp)")
    if expire_time - now > LONGEST_LIFE + SKEW:
        raise rejected_developer_token(
            f"its end, {expire_time.isoformat()}, is more than 15777000 s (six months) ahead, "
            "Apple's limit"
        )
    for name in ("nbf", "iat"):
        begin = _moment(claims.get(name))
        if begin is not None and begin - now > SKEW:
            raise rejected_developer_token(
                f"it is not valid yet: it begins at {begin.isoformat()} ({name}); is the clock "
                "right?"
            )
    return DeveloperToken(token, expire_time, team_id)


def developer_token_end(token: Secret) -> datetime | None:
    """Return when a token says that it ends; None for what says nothing of the kind."""
    try:
        _, claims = _decode(token)
    except FailedPreconditionError:
        return None
    return _moment(claims.get("exp"))


def rejected_developer_token(detail: str, *, by_apple: bool = False) -> FailedPreconditionError:
    """Build the error.

    Args:
        detail: What is known to be wrong; quotes nothing of the token.
        by_apple: Apple was asked, and said no; else it is plain to see here.
    """
    verdict = "Apple does not accept the developer token" if by_apple else _UNUSABLE
    return FailedPreconditionError(
        Reason.DEVELOPER_TOKEN_REJECTED,
        f"{verdict}: {detail}",
        metadata={"detail": detail},
    )


def _decode(token: Secret) -> tuple[Mapping[str, object], Mapping[str, object]]:
    import jwt  # noqa: PLC0415 - as above

    try:
        decoded = jwt.decode_complete(token.reveal(), options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        # From None: the text of the error can quote the token.
        raise rejected_developer_token(_no_token(token)) from None
    return decoded["header"], decoded["payload"]


def _no_token(token: Secret) -> str:
    text = token.reveal()
    if text.lower().startswith(_BEARER):
        return "`Bearer` stands before it; only the token itself belongs there"
    if text.startswith(_QUOTES):
        return "it stands in quotation marks; leave them out"
    return "it is not a JSON web token"


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _load_key(private_key: Secret) -> "EllipticCurvePrivateKey":
    # Only who has a key makes tokens: 1 MB that others do without.
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric.ec import (  # noqa: PLC0415 - see above
        SECP256R1,
        EllipticCurvePrivateKey,
    )
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - see above
        load_pem_private_key,
    )

    try:
        key = load_pem_private_key(private_key.reveal().encode(), password=None)
    except TypeError:
        raise rejected_developer_token("the private key is encrypted with a password") from None
    except (ValueError, UnsupportedAlgorithm):
        raise rejected_developer_token("the private key is not readable as PEM") from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise rejected_developer_token("the private key is not a P-256 key")
    return key
