"""Builds the fictional catalogue; the same seed gives the same one."""

import random
from dataclasses import dataclass, field, replace

from applemusic_simulator.model import (
    Album,
    Artist,
    Catalogue,
    Mix,
    MusicVideo,
    Playlist,
    Song,
    Station,
)
from applemusic_simulator.names import Names
from applemusic_simulator.selections import make_charts, make_playlists, make_stations

# Genre ids as Apple numbers them; 34 is the root.
GENRES = {
    "34": "Music",
    "20": "Alternative",
    "5": "Classical",
    "6": "Country",
    "17": "Dance",
    "7": "Electronic",
    "18": "Hip-Hop/Rap",
    "11": "Jazz",
    "14": "Pop",
    "15": "R&B/Soul",
    "21": "Rock",
    "10": "Singer/Songwriter",
    "16": "Soundtrack",
}
_ARTIST_GENRES = (
    *("Alternative", "Electronic", "Hip-Hop/Rap", "Pop", "Jazz", "Rock", "R&B/Soul", "Dance"),
    *("Singer/Songwriter", "Classical", "Country", "Pop", "Alternative", "Electronic", "Rock"),
    "Soundtrack",
)
_INSTRUMENTAL = ("Classical", "Jazz", "Soundtrack", "Electronic")
INTERLUDES = "Interludes"
VARIOUS_ARTISTS = "Various Artists"
_NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
_LONG_UPC_SINCE = 2012
_WITHDRAWN = 5
_VIDEOS = 14


def make_catalogue(seed: int = 1) -> Catalogue:
    """Build about 50 albums by 16 artists.

    Among them: `Interludes` (ten songs of 8 to 20 s), a compilation whose songs carry the ISRCs
    of their originals, a continuous mix (nine songs of 21 to 30 s, cut from one piece), a concert,
    a double album, an explicit album with its clean twin, singles that share an ISRC with the
    album, five withdrawn songs.
    """
    return _Builder(seed).build()


@dataclass(slots=True)
class _Draft:
    """An album before its songs are made."""

    name: str
    artist_id: str
    genre: str
    year: int
    titles: list[str]
    milliseconds: tuple[int, int, int] = (138_000, 282_000, 204_000)
    content_rating: str = ""
    is_single: bool = False
    is_compilation: bool = False
    is_live: bool = False
    is_continuous_mix: bool = False
    disc_two_from: int = 0
    originals: list[Song] = field(default_factory=list)


class _Builder:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._chance = random.Random(f"catalogue {seed}")  # noqa: S311 - repeatable, not secret
        self._names = Names(self._chance)
        self._artists: dict[str, Artist] = {}
        self._albums: dict[str, Album] = {}
        self._songs: dict[str, Song] = {}
        self._label_of: dict[str, str] = {}
        self._next_album = 1_600_000_000 + self._chance.randrange(1000) * 10_000
        self._next_isrc = 1

    def build(self) -> Catalogue:
        for number, genre in enumerate(_ARTIST_GENRES):
            self._add_discography(self._add_artist(genre), number)
        self._add_compilation()
        self._withdraw_some()
        self._link_artists()
        return Catalogue(
            artists=self._artists,
            albums=self._albums,
            songs=self._songs,
            playlists=self._playlists(),
            music_videos=self._videos(),
            stations=self._stations(),
            genres=GENRES,
        )

    def _add_artist(self, genre: str, name: str = "") -> Artist:
        artist_id = str(
            1_400_000_000 + len(self._artists) * 1_000_003 + self._chance.randrange(997)
        )
        artist = Artist(artist_id, name or self._names.artist(), genre, ())
        self._artists[artist_id] = artist
        self._label_of[artist_id] = self._names.label()
        return artist

    def _add_discography(self, artist: Artist, number: int) -> None:
        year = self._chance.randrange(1996, 2019)
        explicit = artist.genre == "Hip-Hop/Rap"
        for album_number in range(2 + number % 2):
            draft = self._album_draft(artist, year)
            draft.content_rating = "explicit" if explicit and album_number == 0 else ""
            draft.disc_two_from = len(draft.titles) // 2 if number == 0 and album_number else 0
            album = self._add_album(draft)
            if draft.content_rating:
                clean = replace(draft, content_rating="clean", originals=self._songs_of(album))
                self._add_album(clean)
            year += self._chance.randrange(1, 4)
            if album_number == 0:
                self._add_single(artist, self._songs_of(album)[number % 3])
        self._add_speciality(artist, number, year)

    def _album_draft(self, artist: Artist, year: int) -> _Draft:
        titles = [self._names.song() for _ in range(self._chance.randrange(8, 13))]
        return _Draft(self._names.album(), artist.id, artist.genre, year, titles)

    def _add_single(self, artist: Artist, song: Song) -> None:
        draft = _Draft(
            name=f"{song.name} - Single",
            artist_id=artist.id,
            genre=artist.genre,
            year=int(song.release_date[:4]),
            titles=[song.name],
            content_rating=song.content_rating,
            is_single=True,
            originals=[song],
        )
        self._add_album(draft)

    def _add_speciality(self, artist: Artist, number: int, year: int) -> None:
        """One thing that only this artist has."""
        base = _Draft("", artist.id, artist.genre, year, [])
        if number == 0:
            titles = [f"Interlude {word}" for word in _NUMERALS]
            short = (8_000, 20_000, 13_000)
            self._add_album(replace(base, name=INTERLUDES, titles=titles, milliseconds=short))
        elif number == 1:
            titles = [f"{self._names.song()} (Mixed)" for _ in range(9)]
            self._add_album(
                replace(
                    base,
                    name=f"{self._names.album()} (Continuous Mix)",
                    titles=titles,
                    # Short, since the whole has to be made before one of them plays.
                    milliseconds=(20_500, 30_000, 23_000),
                    is_continuous_mix=True,
                )
            )
        elif artist.genre == "Rock":
            known = [song.name for song in self._songs.values() if song.artist_id == artist.id]
            titles = [f"{name} (Live)" for name in self._chance.sample(known, 9)]
            name = f"Live at {self._names.place()}"
            self._add_album(replace(base, name=name, titles=titles, is_live=True))
        elif number % 3 == 0:
            titles = [self._names.song() for _ in range(4)]
            self._add_album(replace(base, name=f"{self._names.album()} - EP", titles=titles))

    def _add_album(self, draft: _Draft) -> Album:
        album_id = str(self._next_album)
        self._next_album += 100 + self._chance.randrange(5_000)
        month, day = self._chance.randrange(1, 13), self._chance.randrange(1, 29)
        date = f"{draft.year}-{month:02}-{day:02}"
        songs = [self._song(draft, album_id, index, date) for index in range(len(draft.titles))]
        if draft.is_continuous_mix:
            songs = _cut_from_one_piece(songs)
        self._songs.update((song.id, song) for song in songs)
        album = Album(
            id=album_id,
            name=draft.name,
            artist_id=draft.artist_id,
            song_ids=tuple(song.id for song in songs),
            genre=draft.genre,
            release_date=date,
            upc=self._upc(draft.year),
            record_label=self._label_of[draft.artist_id],
            is_single=draft.is_single,
            is_compilation=draft.is_compilation,
            content_rating=draft.content_rating,
            is_live=draft.is_live,
            is_continuous_mix=draft.is_continuous_mix,
        )
        self._albums[album_id] = album
        return album

    def _song(self, draft: _Draft, album_id: str, index: int, date: str) -> Song:
        on_disc_two = 0 < draft.disc_two_from <= index
        song_id = str(int(album_id) + 5 + index)
        track_number = index + 1 - (draft.disc_two_from if on_disc_two else 0)
        if draft.originals:
            return replace(
                draft.originals[index],
                id=song_id,
                album_id=album_id,
                track_number=track_number,
                disc_number=1,
                content_rating=draft.content_rating,
            )
        guests, title = self._guests(draft, draft.titles[index])
        writers = sorted({self._names.person() for _ in range(self._chance.randrange(1, 4))})
        return Song(
            id=song_id,
            name=title,
            artist_id=draft.artist_id,
            album_id=album_id,
            track_number=track_number,
            disc_number=2 if on_disc_two else 1,
            duration_ms=int(self._chance.triangular(*draft.milliseconds)),
            seed=self._chance.getrandbits(48),
            isrc=self._isrc(draft.year),
            genre=draft.genre,
            composer=" & ".join(filter(None, (", ".join(writers[:-1]), writers[-1]))),
            release_date=date,
            has_lyrics=draft.genre not in _INSTRUMENTAL or self._chance.random() < 0.2,  # noqa: PLR2004 - a share
            content_rating=draft.content_rating,
            featured_artist_ids=guests,
        )

    def _guests(self, draft: _Draft, title: str) -> tuple[tuple[str, ...], str]:
        others = [artist for artist in self._artists.values() if artist.id != draft.artist_id]
        if draft.genre not in ("Hip-Hop/Rap", "Dance", "R&B/Soul") or self._chance.random() > 0.3:  # noqa: PLR2004 - a share
            return (), title
        guest = self._chance.choice(others)
        return (guest.id,), f"{title} (feat. {guest.name})"

    def _upc(self, year: int) -> str:
        # Old entries have 12 digits, new ones 14 with zeros ahead: one code, two spellings.
        digits = f"19{self._chance.randrange(10**10):010}"
        return digits if year < _LONG_UPC_SINCE else f"00{digits}"

    def _isrc(self, year: int) -> str:
        self._next_isrc += 1
        return f"QZSIM{year % 100:02}{self._next_isrc:05}"

    def _songs_of(self, album: Album) -> list[Song]:
        return [self._songs[song_id] for song_id in album.song_ids]

    def _add_compilation(self) -> None:
        originals = [
            self._songs[self._chance.choice(album.song_ids)]
            for album in self._albums.values()
            if album.content_rating != "explicit"
            and not album.is_single
            and album.name != INTERLUDES
        ][:18]
        various = self._add_artist("Pop", VARIOUS_ARTISTS)
        self._add_album(
            _Draft(
                name=f"Now Nobody Sings Along, Vol. {self._chance.randrange(2, 40)}",
                artist_id=various.id,
                genre="Pop",
                year=2021,
                titles=[song.name for song in originals],
                is_compilation=True,
                originals=originals,
            )
        )

    def _withdraw_some(self) -> None:
        """Take songs away; the first one is still there as a single, with the same ISRC."""
        single = next(album for album in self._albums.values() if album.is_single)
        isrc = self._songs[single.song_ids[0]].isrc
        twin = next(song for song in self._songs.values() if song.isrc == isrc)
        spare = [
            song_id
            for album in self._albums.values()
            if not (album.is_single or album.is_compilation or album.name == INTERLUDES)
            for song_id in album.song_ids
            if song_id != twin.id
        ]
        for song_id in (twin.id, *self._chance.sample(spare, _WITHDRAWN - 1)):
            self._songs[song_id] = replace(self._songs[song_id], playable=False)

    def _link_artists(self) -> None:
        for artist in list(self._artists.values()):
            albums = [album for album in self._albums.values() if album.artist_id == artist.id]
            albums.sort(key=lambda album: album.release_date, reverse=True)
            others = [
                other
                for other in self._artists.values()
                if other.id != artist.id and other.name != VARIOUS_ARTISTS
            ]
            others.sort(key=lambda other: (other.genre != artist.genre, other.name))
            alone = artist.name == VARIOUS_ARTISTS
            self._artists[artist.id] = replace(
                artist,
                album_ids=tuple(album.id for album in albums),
                similar_ids=() if alone else tuple(other.id for other in others[:6]),
            )

    def _playlists(self) -> dict[str, Playlist]:
        playlists = make_playlists(self._songs, self._chance)
        # Of their own chance, so that what is drawn after them stays what it was.
        charts = make_charts(self._songs, random.Random(f"charts {self._seed}"))  # noqa: S311 - repeatable, not secret
        return {**playlists, **charts}

    def _videos(self) -> dict[str, MusicVideo]:
        chosen = self._chance.sample(sorted(self._songs), _VIDEOS)
        videos = [
            MusicVideo(str(1_500_000_000 + index), song_id, f"QZSIM24{90_000 + index}")
            for index, song_id in enumerate(chosen)
        ]
        return {video.id: video for video in videos}

    def _stations(self) -> dict[str, Station]:
        return make_stations(self._songs, self._chance)


def _cut_from_one_piece(songs: list[Song]) -> list[Song]:
    lengths = tuple(song.duration_ms for song in songs)
    return [
        replace(song, mix=Mix(songs[0].seed, lengths, index)) for index, song in enumerate(songs)
    ]
