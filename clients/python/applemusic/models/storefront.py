"""Apple's country catalogs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Storefront:
    """One of Apple's country catalogs."""

    id: str = ""
    """ISO 3166-1 alpha-2 code in lower case, e.g. `us`."""
    name: str = ""
    """Name of the country."""
    default_language_tag: str = ""
    """BCP-47 tag used when none is asked for."""
    supported_language_tags: tuple[str, ...] = ()
    """BCP-47 tags that can be asked for."""
    explicit_content_prohibited: bool = False
    """True if and only if explicit content is not shown there at all."""
