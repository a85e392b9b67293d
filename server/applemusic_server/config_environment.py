"""Which variables of the environment are the server's, and which of them nobody knows.

Every name that begins with `APPLEMUSIC_` belongs to this project: one that no part of it reads is a
slip. The server's are `APPLEMUSIC_CONFIG` and `APPLEMUSIC_<SECTION>__<KEY>`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from applemusic_server.config_section import Section
from applemusic_server.config_values import ANY_KEY, known_paths

PREFIX: Final = "APPLEMUSIC_"
CONFIG_VARIABLE: Final = "APPLEMUSIC_CONFIG"
SEPARATOR: Final = "__"

# What other parts of the project read; new ones begin with the name of their part.
_OF_OTHER_PARTS: Final = re.compile(
    r"APPLEMUSIC_((CLIENT|SIMULATOR|TEST)(_.*)?"
    r"|SERVER|ACCESS_TOKEN_FILE"  # the client's command
    r"|PLUGIN_COOKIE"  # the hosts of plugins
    r"|FIXTURES|SCREENSHOTS|UPDATE_SNAPSHOT)"  # the tests
)
# Kubernetes tells each container of the Services beside it. One that is named `applemusic-grpc`
# makes APPLEMUSIC_GRPC_PORT, and always this one (reference: Kubernetes docs, "Service").
_SERVICE_MARK: Final = "_SERVICE_HOST"


def unknown_variables(environment: Mapping[str, str], kind: type[Section]) -> Iterator[str]:
    """Return a sentence for each variable that looks like the server's and sets nothing.

    Those with the separator are left out: `config_sources.unknown_keys` names them.

    Args:
        environment: As `os.environ`.
        kind: The settings.
    """
    services = [
        name.removesuffix(_SERVICE_MARK)
        for name in environment
        if name.startswith(PREFIX) and name.endswith(_SERVICE_MARK)
    ]
    for name in sorted(environment):
        if (
            name.startswith(PREFIX)
            and SEPARATOR not in name
            and name != CONFIG_VARIABLE
            and not _OF_OTHER_PARTS.fullmatch(name)
            and not any(_is_of_service(name, service) for service in services)
        ):
            yield f"environment variable {name}: there is no such variable{_hint(name, kind)}"


def variable_of(path: tuple[str, ...]) -> str:
    """Return the variable that sets what is at a path."""
    return PREFIX + SEPARATOR.join(path).upper()


def _is_of_service(name: str, service: str) -> bool:
    rest = name.removeprefix(service)
    return name.startswith(service) and rest.startswith(("_SERVICE_HOST", "_SERVICE_PORT", "_PORT"))


def _hint(name: str, kind: type[Section]) -> str:
    import difflib  # noqa: PLC0415 - for mistakes only

    known = [CONFIG_VARIABLE] + [
        variable_of(path) for path in known_paths(kind) if len(path) > 1 and ANY_KEY not in path
    ]
    # One underscore for two is the slip that everybody makes.
    nearest = [each for each in known if each.replace(SEPARATOR, "_") == name.upper()]
    if not nearest:
        keys = [each.removeprefix(PREFIX) for each in known]
        close = difflib.get_close_matches(name.removeprefix(PREFIX), keys, 1)
        nearest = [PREFIX + key for key in close]
    if nearest:
        return f"; did you mean {nearest[0]}?"
    return f"; the server's are {PREFIX}<SECTION>{SEPARATOR}<KEY>"
