"""What the commands `keys show`, `keys new` and `keys rotate` do."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from applemusic_server.config import Settings
from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.look_at_storage import count_stored_keys
from applemusic_server.open_storage import rotate_stored_key
from applemusic_server.storage.key_file import KeyFile
from applemusic_server.storage.key_rotation import KeyUse


@dataclass(frozen=True, slots=True)
class KeyLook:
    """What there is of keys."""

    path: Path
    use: KeyUse

    @property
    def unreadable(self) -> int:
        """How many stored values no key opens."""
        return self.use.unreadable

    def describe(self) -> dict[str, object]:
        """Return what programs are told."""
        return {"file": str(self.path), **asdict(self.use)}

    def lines(self) -> list[str]:
        """Return what people are told."""
        use = self.use
        stored = use.newest + use.older + use.unreadable
        opened = f"the first key opens {use.newest}, an older one {use.older}"
        lines = [
            f"File: {self.path}",
            f"Keys in it: {use.keys}; the first encrypts, all of them decrypt",
            f"Stored values: {stored}; {opened}, none opens {use.unreadable}",
        ]
        if use.older:
            lines.append(
                "Next: `applemusic-server keys rotate --no-new-key` makes the first enough."
            )
        if use.unreadable:
            lines.append("Next: restore the key that is missing, or sign in again.")
        return lines


async def look(settings: Settings, environment: Mapping[str, str]) -> KeyLook:
    """Look at the keys and at what they open.

    Raises:
        AppleMusicError: STORAGE_KEY_MISMATCH, STORAGE_UNAVAILABLE.
    """
    path, use = await count_stored_keys(settings.storage, environment)
    return KeyLook(path, use)


def make_key(path: Path) -> str:
    """Write a new key to a file; return why that cannot be, or an empty string."""
    try:
        made = KeyFile(path).create()
    except AppleMusicError as error:
        return str(error)
    return "" if made else f"{path} is there already, and is left as it is."


async def rotate(
    settings: Settings, environment: Mapping[str, str], *, make_new: bool, keep_old: bool
) -> tuple[list[str], str]:
    """Change the encryption key; return what was done, and what went wrong or an empty string."""
    try:
        path, done = await rotate_stored_key(
            settings.storage, environment, make_new=make_new, keep_old=keep_old
        )
    except AppleMusicError as error:
        return [], f"{error} Nothing is lost: mend it and begin again."
    lines = [f"Encrypted {done.renewed_count} values with the first key in {path}."]
    if done.dropped_count:
        lines.append(f"Old keys that are not needed any more were removed: {done.dropped_count}.")
    elif done.keys_count > 1:
        lines.append(
            f"The file holds {done.keys_count} keys; all but the first are needed only for backups "
            "and for sync tokens that were handed out before."
        )
    if done.unreadable_count:
        return lines, (
            f"{done.unreadable_count} values cannot be read with any key that was in the file, and "
            "are as they were: restore their key and begin again, or sign in again."
        )
    return lines, ""
