// LibraryService: a function for each RPC. Ids that only a listener has are parameters.

package main

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
	"google.golang.org/protobuf/proto"
)

func listLibrarySongs(ctx context.Context, music *applemusic.Client) error {
	for page, err := range applemusic.Pages(ctx, music.Library.ListLibrarySongs, &pb.ListLibrarySongsRequest{PageSize: 50}) {
		if err != nil {
			return err
		}
		for _, song := range page.GetSongs() {
			fmt.Println(song.GetId(), song.GetName(), "by", song.GetArtistName())
		}
		fmt.Println(len(page.GetSongs()), "of", page.GetTotalCount())
		break // the others in the same way; what is not asked for is not read
	}
	return nil
}

func listLibraryAlbums(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListLibraryAlbumsRequest{}
	for album, err := range applemusic.All(ctx, music.Library.ListLibraryAlbums, request, (*pb.ListLibraryAlbumsResponse).GetAlbums) {
		if err != nil {
			return err
		}
		fmt.Println(album.GetId(), album.GetName())
	}
	return nil
}

func listLibraryArtists(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListLibraryArtistsRequest{}
	for artist, err := range applemusic.All(ctx, music.Library.ListLibraryArtists, request, (*pb.ListLibraryArtistsResponse).GetArtists) {
		if err != nil {
			return err
		}
		fmt.Println(artist.GetId(), artist.GetName())
	}
	return nil
}

func listLibraryPlaylists(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListLibraryPlaylistsRequest{}
	for playlist, err := range applemusic.All(ctx, music.Library.ListLibraryPlaylists, request, (*pb.ListLibraryPlaylistsResponse).GetPlaylists) {
		if err != nil {
			return err
		}
		fmt.Println(playlist.GetId(), playlist.GetName(), "editable:", playlist.GetEditable())
	}
	return nil
}

func listLibraryMusicVideos(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListLibraryMusicVideosRequest{}
	for video, err := range applemusic.All(ctx, music.Library.ListLibraryMusicVideos, request, (*pb.ListLibraryMusicVideosResponse).GetMusicVideos) {
		if err != nil {
			return err
		}
		fmt.Println(video.GetId(), video.GetName())
	}
	return nil
}

func listPlaylistFolderChildren(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListPlaylistFolderChildrenRequest{}
	for child, err := range applemusic.All(ctx, music.Library.ListPlaylistFolderChildren, request, (*pb.ListPlaylistFolderChildrenResponse).GetChildren) {
		if err != nil {
			return err
		}
		switch inside := child.GetResource().(type) { // of the root, for no FolderId is given
		case *pb.Resource_Playlist:
			fmt.Println("playlist", inside.Playlist.GetName())
		case *pb.Resource_PlaylistFolder:
			fmt.Println("folder", inside.PlaylistFolder.GetName())
		}
	}
	return nil
}

func listLibraryAlbumTracks(ctx context.Context, music *applemusic.Client, albumID string) error {
	request := &pb.ListLibraryAlbumTracksRequest{AlbumId: albumID}
	for track, err := range applemusic.All(ctx, music.Library.ListLibraryAlbumTracks, request, (*pb.ListLibraryAlbumTracksResponse).GetTracks) {
		if err != nil {
			return err
		}
		fmt.Println(track.GetSong().GetName())
	}
	return nil
}

func listLibraryPlaylistTracks(ctx context.Context, music *applemusic.Client, playlistID string) error {
	request := &pb.ListLibraryPlaylistTracksRequest{PlaylistId: playlistID}
	for track, err := range applemusic.All(ctx, music.Library.ListLibraryPlaylistTracks, request, (*pb.ListLibraryPlaylistTracksResponse).GetTracks) {
		if err != nil {
			return err
		}
		fmt.Println(track.GetSong().GetId(), track.GetSong().GetName())
	}
	return nil
}

func listLibraryArtistAlbums(ctx context.Context, music *applemusic.Client, artistID string) error {
	request := &pb.ListLibraryArtistAlbumsRequest{ArtistId: artistID}
	for album, err := range applemusic.All(ctx, music.Library.ListLibraryArtistAlbums, request, (*pb.ListLibraryArtistAlbumsResponse).GetAlbums) {
		if err != nil {
			return err
		}
		fmt.Println(album.GetName())
	}
	return nil
}

func batchGetLibraryItems(ctx context.Context, music *applemusic.Client, songID string) error {
	response, err := music.Library.BatchGetLibraryItems(ctx, &pb.BatchGetLibraryItemsRequest{
		Items: []*pb.ResourceRef{{Type: pb.ResourceType_RESOURCE_TYPE_SONG, Id: songID}},
	})
	if err != nil {
		return err
	}
	for _, item := range response.GetResources() {
		fmt.Println(item.GetSong().GetName())
	}
	fmt.Println("not there:", response.GetMissingIds())
	return nil
}

func searchLibrary(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Library.SearchLibrary(ctx, &pb.SearchLibraryRequest{
		Term:  "amber",
		Types: []pb.ResourceType{pb.ResourceType_RESOURCE_TYPE_SONG},
	})
	if err != nil {
		return err
	}
	for _, song := range response.GetSongs() {
		fmt.Println(song.GetName(), "by", song.GetArtistName())
	}
	return nil
}

func listRecentlyAdded(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Library.ListRecentlyAdded(ctx, &pb.ListRecentlyAddedRequest{PageSize: 5})
	if err != nil {
		return err
	}
	for _, item := range response.GetResources() {
		fmt.Println(item.GetAlbum().GetName(), item.GetPlaylist().GetName()) // one of them
	}
	return nil
}

func syncLibrary(ctx context.Context, music *applemusic.Client, syncToken string) error {
	albums := map[string]string{} // kept with the token for the next time; no token asks for everything
	request := &pb.SyncLibraryRequest{
		Types:     []pb.ResourceType{pb.ResourceType_RESOURCE_TYPE_ALBUM},
		SyncToken: syncToken,
	}
	for change, err := range music.SyncLibrary(ctx, request) {
		if err != nil {
			return err
		}
		switch change := change.GetChange().(type) {
		case *pb.SyncLibraryResponse_Upsert:
			album := change.Upsert.GetResource().GetAlbum()
			albums[album.GetId()] = album.GetName()
		case *pb.SyncLibraryResponse_Removal:
			delete(albums, change.Removal.GetResource().GetId())
		case *pb.SyncLibraryResponse_Checkpoint:
			syncToken = change.Checkpoint.GetSyncToken()
			fmt.Println(len(albums), "albums; complete:", change.Checkpoint.GetComplete())
		}
	}
	return nil
}

func addToLibrary(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Library.AddToLibrary(ctx, &pb.AddToLibraryRequest{
		Resources: []*pb.ResourceRef{{Type: pb.ResourceType_RESOURCE_TYPE_SONG, Id: "1603789145"}},
	})
	if err != nil {
		return err
	}
	fmt.Println("refused by Apple:", response.GetRefusedIds())
	return nil
}

func removeFromLibrary(ctx context.Context, music *applemusic.Client, songID string) error {
	response, err := music.Library.RemoveFromLibrary(ctx, &pb.RemoveFromLibraryRequest{
		Resources: []*pb.ResourceRef{{Type: pb.ResourceType_RESOURCE_TYPE_SONG, Id: songID}},
	})
	if err != nil {
		return err
	}
	fmt.Println("were not there:", response.GetAbsentIds())
	return nil
}

func createPlaylist(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Library.CreatePlaylist(ctx, &pb.CreatePlaylistRequest{
		Name:        "Rainy Days",
		Description: "For the window seat",
		Tracks:      []*pb.ResourceRef{{Type: pb.ResourceType_RESOURCE_TYPE_SONG, Id: "1603789145"}},
		RequestId:   rand.Text(),
	})
	if err != nil {
		return err
	}
	playlist := response.GetPlaylist()
	fmt.Println(playlist.GetId(), playlist.GetName())
	return nil
}

func updatePlaylist(ctx context.Context, music *applemusic.Client, playlistID string) error {
	response, err := music.Library.UpdatePlaylist(ctx, &pb.UpdatePlaylistRequest{
		PlaylistId: playlistID,
		Name:       proto.String("Rainier Days"),
	})
	if err != nil {
		return err
	}
	fmt.Println(response.GetPlaylist().GetName()) // the description is what it was
	return nil
}

func deletePlaylist(ctx context.Context, music *applemusic.Client, playlistID string) error {
	_, err := music.Library.DeletePlaylist(ctx, &pb.DeletePlaylistRequest{PlaylistId: playlistID})
	if err != nil {
		return err
	}
	fmt.Println("deleted", playlistID)
	return nil
}

func addPlaylistTracks(ctx context.Context, music *applemusic.Client, playlistID string) error {
	response, err := music.Library.AddPlaylistTracks(ctx, &pb.AddPlaylistTracksRequest{
		PlaylistId:     playlistID,
		Tracks:         []*pb.ResourceRef{{Type: pb.ResourceType_RESOURCE_TYPE_SONG, Id: "1603789143"}},
		SkipDuplicates: true,
		RequestId:      rand.Text(),
	})
	if err != nil {
		return err
	}
	fmt.Println("refused by Apple:", response.GetRefusedIds())
	return nil
}

func removePlaylistTracks(ctx context.Context, music *applemusic.Client, playlistID string) error {
	response, err := music.Library.RemovePlaylistTracks(ctx, &pb.RemovePlaylistTracksRequest{
		PlaylistId: playlistID,
		Positions:  []int32{0},
	})
	if err != nil {
		return err
	}
	fmt.Println(response.GetRemovedCount(), "removed")
	return nil
}

func movePlaylistTracks(ctx context.Context, music *applemusic.Client, playlistID string) error {
	_, err := music.Library.MovePlaylistTracks(ctx, &pb.MovePlaylistTracksRequest{
		PlaylistId:  playlistID,
		StartIndex:  1,
		Count:       1,
		TargetIndex: 0,
	})
	if err != nil {
		return err
	}
	fmt.Println("the second is the first now")
	return nil
}

func replacePlaylistTracks(ctx context.Context, music *applemusic.Client, playlistID string) error {
	response, err := music.Library.ReplacePlaylistTracks(ctx, &pb.ReplacePlaylistTracksRequest{
		PlaylistId: playlistID,
		Tracks:     []*pb.ResourceRef{{Type: pb.ResourceType_RESOURCE_TYPE_SONG, Id: "1603789143"}},
	})
	if err != nil {
		return err
	}
	fmt.Println("refused by Apple:", response.GetRefusedIds())
	return nil
}

func createPlaylistFolder(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Library.CreatePlaylistFolder(ctx, &pb.CreatePlaylistFolderRequest{
		Name:      "Weather",
		RequestId: rand.Text(),
	})
	if err != nil {
		return err
	}
	fmt.Println(response.GetFolder().GetId(), response.GetFolder().GetName())
	return nil
}

func updatePlaylistFolder(ctx context.Context, music *applemusic.Client, folderID string) error {
	response, err := music.Library.UpdatePlaylistFolder(ctx, &pb.UpdatePlaylistFolderRequest{
		FolderId: folderID,
		Name:     "All weathers",
	})
	if err != nil {
		return err
	}
	fmt.Println(response.GetFolder().GetName())
	return nil
}

func deletePlaylistFolder(ctx context.Context, music *applemusic.Client, folderID string) error {
	_, err := music.Library.DeletePlaylistFolder(ctx, &pb.DeletePlaylistFolderRequest{FolderId: folderID})
	if err != nil {
		return err
	}
	fmt.Println("deleted", folderID)
	return nil
}

func moveToPlaylistFolder(ctx context.Context, music *applemusic.Client, playlistID, folderID string) error {
	_, err := music.Library.MoveToPlaylistFolder(ctx, &pb.MoveToPlaylistFolderRequest{
		Resource: &pb.ResourceRef{Type: pb.ResourceType_RESOURCE_TYPE_PLAYLIST, Id: playlistID},
		FolderId: folderID,
	})
	if err != nil {
		return err
	}
	fmt.Println(playlistID, "is in", folderID)
	return nil
}
