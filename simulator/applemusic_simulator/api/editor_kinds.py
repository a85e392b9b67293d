"""The kinds of resources that present music rather than being it."""

from applemusic_simulator.api.attributes import AttributeWriter
from applemusic_simulator.api.editors import make_activities, make_magazines
from applemusic_simulator.api.index import CatalogueIndex, popularity
from applemusic_simulator.api.kinds import Kind, Relationship, Shown, View

_MOST_IDS = 100


def make_editor_kinds(index: CatalogueIndex) -> list[Kind]:
    """Curators, activities, record labels and station genres."""
    playlists = {
        "playlists": Relationship("playlists", lambda found: found.playlist_ids, shown=Shown.IDS)
    }
    return [
        Kind("apple-curators", index.curators, AttributeWriter.curator, _MOST_IDS, playlists),
        Kind(
            "curators",
            make_magazines(index.catalogue),
            AttributeWriter.magazine,
            _MOST_IDS,
            playlists,
        ),
        Kind(
            "activities",
            make_activities(index.catalogue),
            AttributeWriter.activity,
            _MOST_IDS,
            playlists,
        ),
        Kind(
            "record-labels",
            index.labels,
            AttributeWriter.label,
            _MOST_IDS,
            views={
                "latest-releases": View("Latest Releases", "albums", lambda x: x.album_ids, 10),
                "top-releases": View(
                    "Top Releases",
                    "albums",
                    lambda label: sorted(label.album_ids, key=popularity, reverse=True),
                    10,
                ),
            },
        ),
        Kind(
            "station-genres",
            index.station_genres,
            AttributeWriter.station_genre,
            _MOST_IDS,
            {"stations": Relationship("stations", lambda found: found.station_ids)},
        ),
    ]
