"""FavoritesService: a function for each RPC."""

from applemusic import Client, FavoriteState, ResourceRef, ResourceType


async def set_favorites(music: Client) -> None:
    songs = [ResourceRef(ResourceType.SONG, "1603789145")]
    refused = await music.favorites.set(songs, state=FavoriteState.FAVORITE)
    print("refused by Apple:", refused)


async def clear_favorites(music: Client) -> None:
    await music.favorites.clear([ResourceRef(ResourceType.SONG, "1603789145")])
    print("neither a favorite nor disliked")


async def batch_get_favorites(music: Client) -> None:
    songs = [ResourceRef(ResourceType.SONG, "1603789145")]
    for favorite in await music.favorites.batch_get(songs):
        print(favorite.item and favorite.item.id, favorite.state)
