"""What Apple recommends: rows at once, from memory; their items on demand."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Final

from music_assistant_models import media_items as ma

from applemusic.errors.base import AppleMusicError
from applemusic.models.recommendation import Recommendation

from .errors import translated
from .items import Items, MediaItem, picture
from .session import Session
from .texts import Texts

RECENT: Final = "recently_played"
ROTATION: Final = "heavy_rotation"

_ICONS: Final = {RECENT: "mdi-history", ROTATION: "mdi-repeat"}
_FRESH_SECONDS: Final = 1800.0
_ITEMS: Final = 50
_OLD_ITEMS: Final = 25


class RecommendationPart:
    """Rows of recommendations for the host."""

    def __init__(
        self,
        session: Session,
        items: Items,
        instance: str,
        logger: logging.Logger,
        texts: Texts,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._items = items
        self._instance = instance
        self._logger = logger
        self._texts = texts
        self._clock = clock
        self._groups: tuple[Recommendation, ...] = ()
        self._read_at: float | None = None
        self._reading: asyncio.Task[None] | None = None

    def rows(self) -> list[ma.RecommendationFolder]:
        """Return the rows without items, from memory; an old memory is renewed behind it."""
        if self._read_at is None or self._clock() - self._read_at > _FRESH_SECONDS:
            self.refresh()
        return [self._row(group) for group in self._groups] + [
            self._own_row(name) for name in self._own_rows()
        ]

    def refresh(self) -> None:
        """Read the rows in the background."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_quietly())

    async def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    @translated
    async def items(self, row_id: str, limit: int = _ITEMS) -> list[MediaItem]:
        """Return the items of a row."""
        recommendations = self._session.client.recommendations
        if row_id == RECENT:
            return self._items.media(await recommendations.recently_played().to_list(limit))
        if row_id == ROTATION:
            return self._items.media(await recommendations.heavy_rotation().to_list(limit))
        return self._items.media(await recommendations.items(row_id).to_list(limit))

    @translated
    async def folders(self) -> list[ma.RecommendationFolder]:
        """Return all rows with their first items, for hosts that ask for both at once."""
        await self._read()
        found = []
        for group in self._groups:
            folder = self._row(group)
            folder.items = ma.UniqueList(self._items.media(group.items))
            found.append(folder)
        for name in self._own_rows():
            folder = self._own_row(name)
            folder.items = ma.UniqueList(await self.items(name, _OLD_ITEMS))
            found.append(folder)
        return [folder for folder in found if folder.items]

    @translated
    async def browse(self, path: str) -> list[ma.BrowseFolder]:
        """Return the rows as folders to browse."""
        if self._read_at is None:
            await self._read()
        return [
            ma.BrowseFolder(
                item_id=row.item_id,
                provider=self._instance,
                name=row.name,
                path=f"{path.rstrip('/')}/{row.item_id}",
                image=row.image,
            )
            for row in self.rows()
        ]

    async def _read_quietly(self) -> None:
        try:
            await self._read()
        except AppleMusicError as error:
            self._logger.warning("Recommendations are not to be had now: %s", error)

    async def _read(self) -> None:
        groups = await self._session.client.recommendations.groups().to_list()
        self._groups = tuple(group for group in groups if self._items.media(group.items))
        self._read_at = self._clock()

    def _own_rows(self) -> list[str]:
        """Return the rows that Apple gives outside of its groups, once the groups are known."""
        if self._read_at is None:
            return []
        if any(group.recently_played for group in self._groups):
            return [ROTATION]
        return [RECENT, ROTATION]

    def _row(self, group: Recommendation) -> ma.RecommendationFolder:
        return self._folder(
            group.id,
            group.title or self._texts.get("media.recommendations.made_for_you.name"),
            image=picture(self._items.media(group.items)),
            subtitle=group.reason or None,
        )

    def _own_row(self, name: str) -> ma.RecommendationFolder:
        title = self._texts.get(f"media.recommendations.{name}.name")
        return self._folder(name, title, translation_key=name, icon=_ICONS[name])

    def _folder(self, item_id: str, name: str, **values: Any) -> ma.RecommendationFolder:
        return ma.RecommendationFolder(
            item_id=item_id, provider=self._instance, name=name, **values
        )
