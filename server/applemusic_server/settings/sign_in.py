"""How listeners sign in."""

from typing import Annotated

from msgspec import Meta

from applemusic_server.config_section import Section


class SignInSettings(Section, frozen=True):
    """How listeners sign in."""

    seconds: Annotated[
        float, Meta(ge=30, le=3600, description="How long a person has to finish a sign-in.")
    ] = 600
    app_name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=60,
            description="Name under which Apple's window asks for access.",
        ),
    ] = "Apple Music gRPC server"
