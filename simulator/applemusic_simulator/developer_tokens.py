"""Developer tokens: the JWTs by which a developer's team is known (reference section 1.1)."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

MAX_LIFETIME = 15_777_000
USUAL_LIFETIME = 15_552_000
_REMEMBERED = 100
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class DeveloperTokenError(Exception):
    """A developer token that Apple would answer with 401."""


@dataclass(frozen=True, slots=True)
class Team:
    """A registered developer with one MusicKit key.

    Attributes:
        id: Ten characters, the token's `iss`.
        key_id: Ten characters, the token's `kid`.
    """

    id: str
    key_id: str
    private_key: ec.EllipticCurvePrivateKey = field(repr=False)

    def p8(self) -> str:
        """The key as the text of the .p8 file that Apple lets a developer download once."""
        return self.private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()


def make_team(seed: str) -> Team:
    """A team whose ids and P-256 key follow from `seed`.

    The same seed gives the same key, so that a token stored by a client is still good after the
    simulator was started anew. Such a key protects nothing but invented music.
    """
    digest = hashlib.sha512(f"team {seed}".encode()).digest()
    name = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:20])
    secret = int.from_bytes(digest[20:60], "big") % (_P256_ORDER - 1) + 1
    return Team(name[:10], name[10:], ec.derive_private_key(secret, ec.SECP256R1()))


class DeveloperTokens:
    """Registered teams; mints and checks their tokens.

    Args:
        clock: Seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._teams: dict[str, Team] = {}
        self._signed: dict[str, tuple[Team, dict[str, Any]]] = {}

    def register(self, team: Team) -> Team:
        """Make a team known; another one with the same id is replaced."""
        self._teams[team.id] = team
        self._signed.clear()
        return team

    def __iter__(self) -> Iterator[Team]:
        return iter(self._teams.values())

    def __getitem__(self, team_id: str) -> Team:
        return self._teams[team_id]

    def __contains__(self, team_id: object) -> bool:
        return team_id in self._teams

    def mint(
        self, team: Team, lifetime: float = USUAL_LIFETIME, origins: Sequence[str] = ()
    ) -> str:
        """Sign a token for `team` that ends `lifetime` seconds from now (may be negative)."""
        now = int(self._clock())
        claims: dict[str, Any] = {"iss": team.id, "iat": now, "exp": now + int(lifetime)}
        if origins:
            claims["origin"] = list(origins)
        return jwt.encode(claims, team.private_key, "ES256", headers={"kid": team.key_id})

    def check(self, token: str, origin: str = "") -> Team:
        """Say whose token this is.

        Args:
            token: The JWT, without `Bearer`.
            origin: The request's Origin header; must be among the token's `origin` if it has one.

        Raises:
            DeveloperTokenError: Not ES256, key or team unknown, signature wrong, `exp` absent,
                past or more than 15 777 000 s ahead, or another origin.
        """
        # A signature that was good stays good; to check one takes longer than to find a page.
        if token not in self._signed:
            if len(self._signed) >= _REMEMBERED:
                self._signed.clear()
            self._signed[token] = self._verified(token)
        team, claims = self._signed[token]
        self._check_times(claims)
        allowed = claims.get("origin")
        if allowed and origin not in ([allowed] if isinstance(allowed, str) else allowed):
            raise DeveloperTokenError("the Origin header is not among the token's origins")
        return team

    def _verified(self, token: str) -> tuple[Team, dict[str, Any]]:
        team = self._signer(token)
        try:
            claims = jwt.decode(
                token,
                team.private_key.public_key(),
                algorithms=["ES256"],
                issuer=team.id,
                # Times are checked below, against the simulator's clock.
                options={
                    "require": ["exp", "iss"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "verify_aud": False,
                },
            )
        except jwt.InvalidTokenError as error:
            raise DeveloperTokenError(str(error)) from error
        return team, claims

    def _signer(self, token: str) -> Team:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise DeveloperTokenError(str(error)) from error
        for team in self._teams.values():
            if team.key_id == header.get("kid"):
                return team
        raise DeveloperTokenError("no team has this key id")

    def _check_times(self, claims: dict[str, Any]) -> None:
        expiry = claims["exp"]
        if isinstance(expiry, bool) or not isinstance(expiry, int | float):
            raise DeveloperTokenError("exp is not a number")
        now = self._clock()
        if expiry <= now:
            raise DeveloperTokenError("expired")
        if expiry > now + MAX_LIFETIME:
            raise DeveloperTokenError("exp is more than 15777000 s ahead")
