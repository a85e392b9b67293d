"""RecommendationService: a function for each RPC."""

from applemusic import Client


async def list_recommendations(music: Client) -> None:
    async for group in music.recommendations.groups():
        print(group.id, group.title, [item.name for item in group.items])


async def list_recommendation_items(music: Client, recommendation_id: str) -> None:
    async for item in music.recommendations.items(recommendation_id):
        print(type(item).__name__, item.name)


async def list_recently_played(music: Client) -> None:
    for item in await music.recommendations.recently_played().to_list(5):
        print(type(item).__name__, item.name)


async def list_recently_played_tracks(music: Client) -> None:
    for track in await music.recommendations.recently_played_tracks().to_list(5):
        print(track.name, "by", track.artist_name)


async def list_heavy_rotation(music: Client) -> None:
    for item in await music.recommendations.heavy_rotation().to_list(5):
        print(type(item).__name__, item.name)


async def get_replay(music: Client) -> None:
    replay = await music.recommendations.replay()  # of the latest year that Apple has
    for top in replay.top_songs:
        print(replay.year, top.resource and top.resource.name, top.play_count)
