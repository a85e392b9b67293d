"""TLS on the port of gRPC, and who is known by a certificate."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, field

from applemusic_server.config_section import Section


class ClientGrant(Section, frozen=True):
    """What the holder of a certificate may do."""

    scopes: Annotated[
        tuple[Literal["read", "control", "stream", "admin"], ...],
        Meta(min_length=1, description="What they may do."),
    ]
    accounts: Annotated[
        Annotated[tuple[str, ...], Meta(min_length=1)] | None,
        Meta(description="For which accounts; all when it is not given."),
    ] = None


class TlsSettings(Section, frozen=True):
    """TLS on the TCP port of gRPC. All files are PEM, and are read again when they change."""

    certificate_file: Annotated[
        Path | None,
        Meta(description="The server's certificate, and those between it and its root."),
    ] = None
    private_key_file: Annotated[Path | None, Meta(description="The key of that certificate.")] = (
        None
    )
    client_ca_file: Annotated[
        Path | None,
        Meta(
            description="Authorities of callers' certificates. With it every caller needs one "
            "(mTLS)."
        ),
    ] = None
    clients: Annotated[
        Mapping[str, ClientGrant],
        Meta(
            description="What callers may do who are known by their certificate: by a subject "
            "alternative name, or the common name where there is none. Others need an access token."
        ),
    ] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that no part of it stands alone."""
        if bool(self.certificate_file) != bool(self.private_key_file):
            msg = "certificate_file and private_key_file go together"
            raise ValueError(msg)
        if self.client_ca_file and not self.certificate_file:
            msg = "client_ca_file needs certificate_file and private_key_file besides"
            raise ValueError(msg)
        if self.clients and not self.client_ca_file:
            msg = "clients are known by certificates, so client_ca_file is needed"
            raise ValueError(msg)
