// CatalogService: a function for each RPC, with ids of the simulator's catalog.

package main

import (
	"context"
	"fmt"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

func search(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.Search(ctx, &pb.SearchRequest{
		Term:     "interlude",
		Types:    []pb.ResourceType{pb.ResourceType_RESOURCE_TYPE_SONG, pb.ResourceType_RESOURCE_TYPE_ALBUM},
		PageSize: 5,
	})
	if err != nil {
		return err
	}
	for _, song := range response.GetSongs() {
		fmt.Println(song.GetName(), "by", song.GetArtistName(), song.GetDuration().AsDuration())
	}
	for _, album := range response.GetAlbums() {
		fmt.Println(album.GetName(), "with", album.GetTrackCount(), "tracks")
	}
	return nil
}

func searchSuggestions(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.SearchSuggestions(ctx, &pb.SearchSuggestionsRequest{Term: "inter", TermLimit: 5})
	if err != nil {
		return err
	}
	for _, suggestion := range response.GetSuggestions() {
		fmt.Println(suggestion.GetDisplayTerm())
	}
	return nil
}

func getSong(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.GetSong(ctx, &pb.GetSongRequest{
		Id:      "1603789145",
		Options: &pb.ReadOptions{View: pb.View_VIEW_FULL},
	})
	if err != nil {
		return err
	}
	song := response.GetSong()
	fmt.Println(song.GetName(), "by", song.GetArtistName(), song.GetIsrc())
	return nil
}

func batchGetSongs(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.BatchGetSongs(ctx, &pb.BatchGetSongsRequest{Ids: []string{"1603789145", "1603789151", "999999999"}})
	if err != nil {
		return err
	}
	for _, song := range response.GetSongs() {
		fmt.Println(song.GetId(), song.GetName())
	}
	fmt.Println("not there:", response.GetMissingIds())
	return nil
}

func getAlbum(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.GetAlbum(ctx, &pb.GetAlbumRequest{Id: "1603789138"})
	if err != nil {
		return err
	}
	album := response.GetAlbum()
	fmt.Println(album.GetName(), "by", album.GetArtistName(), album.GetTrackCount(), "tracks")
	return nil
}

func batchGetAlbums(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.BatchGetAlbums(ctx, &pb.BatchGetAlbumsRequest{Ids: []string{"1603789138", "1603878704"}})
	if err != nil {
		return err
	}
	for _, album := range response.GetAlbums() {
		fmt.Println(album.GetName(), album.GetUpc())
	}
	return nil
}

func getArtist(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.GetArtist(ctx, &pb.GetArtistRequest{Id: "1400000701"})
	if err != nil {
		return err
	}
	artist := response.GetArtist()
	fmt.Println(artist.GetName(), artist.GetGenreNames())
	return nil
}

func batchGetArtists(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.BatchGetArtists(ctx, &pb.BatchGetArtistsRequest{Ids: []string{"1400000701", "1409000119"}})
	if err != nil {
		return err
	}
	for _, artist := range response.GetArtists() {
		fmt.Println(artist.GetName())
	}
	return nil
}

func getPlaylist(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.GetPlaylist(ctx, &pb.GetPlaylistRequest{Id: "pl.a97a854fad0b33ce654d1172cd872023"})
	if err != nil {
		return err
	}
	playlist := response.GetPlaylist()
	fmt.Println(playlist.GetName(), "by", playlist.GetCuratorName())
	return nil
}

func batchGetPlaylists(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.BatchGetPlaylists(ctx, &pb.BatchGetPlaylistsRequest{Ids: []string{"pl.a97a854fad0b33ce654d1172cd872023"}})
	if err != nil {
		return err
	}
	for _, playlist := range response.GetPlaylists() {
		fmt.Println(playlist.GetName(), playlist.GetLastModifiedTime().AsTime())
	}
	return nil
}

func getStation(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.GetStation(ctx, &pb.GetStationRequest{Id: "ra.6005892543"})
	if err != nil {
		return err
	}
	station := response.GetStation()
	fmt.Println(station.GetName(), station.GetKind())
	return nil
}

func batchGetStations(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.BatchGetStations(ctx, &pb.BatchGetStationsRequest{Ids: []string{"ra.6005892543", "ra.187476016"}})
	if err != nil {
		return err
	}
	for _, station := range response.GetStations() {
		fmt.Println(station.GetName())
	}
	return nil
}

func getMusicVideo(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.GetMusicVideo(ctx, &pb.GetMusicVideoRequest{Id: "1500000009"})
	if err != nil {
		return err
	}
	video := response.GetMusicVideo()
	fmt.Println(video.GetName(), "by", video.GetArtistName(), video.GetDuration().AsDuration())
	return nil
}

func batchGetMusicVideos(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.BatchGetMusicVideos(ctx, &pb.BatchGetMusicVideosRequest{Ids: []string{"1500000009", "1500000008"}})
	if err != nil {
		return err
	}
	for _, video := range response.GetMusicVideos() {
		fmt.Println(video.GetName())
	}
	return nil
}

func getGenre(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.GetGenre(ctx, &pb.GetGenreRequest{Id: "20"})
	if err != nil {
		return err
	}
	genre := response.GetGenre()
	fmt.Println(genre.GetId(), genre.GetName())
	return nil
}

func batchGetGenres(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.BatchGetGenres(ctx, &pb.BatchGetGenresRequest{Ids: []string{"20", "5"}})
	if err != nil {
		return err
	}
	for _, genre := range response.GetGenres() {
		fmt.Println(genre.GetName())
	}
	return nil
}

func getCurator(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.GetCurator(ctx, &pb.GetCuratorRequest{Id: "987984386"})
	if err != nil {
		return err
	}
	curator := response.GetCurator()
	fmt.Println(curator.GetName(), "is Apple:", curator.GetApple())
	return nil
}

func getRecordLabel(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.GetRecordLabel(ctx, &pb.GetRecordLabelRequest{Id: "1543301417"})
	if err != nil {
		return err
	}
	label := response.GetRecordLabel()
	fmt.Println(label.GetName(), label.GetUrl())
	return nil
}

func listAlbumTracks(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListAlbumTracksRequest{AlbumId: "1603789138"}
	for track, err := range applemusic.All(ctx, music.Catalog.ListAlbumTracks, request, (*pb.ListAlbumTracksResponse).GetTracks) {
		if err != nil {
			return err
		}
		if song := track.GetSong(); song != nil { // else it is a music video
			fmt.Println(song.GetTrackNumber(), song.GetName(), song.GetDuration().AsDuration())
		}
	}
	return nil
}

func listPlaylistTracks(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListPlaylistTracksRequest{PlaylistId: "pl.a97a854fad0b33ce654d1172cd872023"}
	for track, err := range applemusic.All(ctx, music.Catalog.ListPlaylistTracks, request, (*pb.ListPlaylistTracksResponse).GetTracks) {
		if err != nil {
			return err
		}
		fmt.Println(track.GetSong().GetName(), "by", track.GetSong().GetArtistName())
	}
	return nil
}

func listArtistAlbums(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListArtistAlbumsRequest{
		ArtistId: "1400000701",
		Kind:     pb.ArtistAlbumKind_ARTIST_ALBUM_KIND_FULL_ALBUMS,
	}
	for album, err := range applemusic.All(ctx, music.Catalog.ListArtistAlbums, request, (*pb.ListArtistAlbumsResponse).GetAlbums) {
		if err != nil {
			return err
		}
		fmt.Println(album.GetName(), album.GetReleaseDate().GetYear())
	}
	return nil
}

func listArtistTopSongs(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.ListArtistTopSongs(ctx, &pb.ListArtistTopSongsRequest{ArtistId: "1400000701", PageSize: 5})
	if err != nil {
		return err
	}
	for _, song := range response.GetSongs() { // the first page; applemusic.All reads them all
		fmt.Println(song.GetName())
	}
	return nil
}

func listSimilarArtists(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListSimilarArtistsRequest{ArtistId: "1400000701"}
	for artist, err := range applemusic.All(ctx, music.Catalog.ListSimilarArtists, request, (*pb.ListSimilarArtistsResponse).GetArtists) {
		if err != nil {
			return err
		}
		fmt.Println(artist.GetName())
	}
	return nil
}

func listRelated(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListRelatedRequest{
		Resource: &pb.ResourceRef{Type: pb.ResourceType_RESOURCE_TYPE_ARTIST, Id: "1400000701"},
		Relation: pb.Relation_RELATION_FEATURED_PLAYLISTS,
	}
	for resource, err := range applemusic.All(ctx, music.Catalog.ListRelated, request, (*pb.ListRelatedResponse).GetResources) {
		if err != nil {
			return err
		}
		fmt.Println(resource.GetPlaylist().GetName())
	}
	return nil
}

func listCharts(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.ListCharts(ctx, &pb.ListChartsRequest{
		Types:    []pb.ResourceType{pb.ResourceType_RESOURCE_TYPE_SONG},
		GenreId:  "20",
		PageSize: 5,
	})
	if err != nil {
		return err
	}
	for _, chart := range response.GetCharts() {
		fmt.Println(chart.GetName())
		for place, item := range chart.GetItems() {
			fmt.Println(place+1, item.GetSong().GetName())
		}
	}
	return nil
}

func listGenres(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListGenresRequest{}
	for genre, err := range applemusic.All(ctx, music.Catalog.ListGenres, request, (*pb.ListGenresResponse).GetGenres) {
		if err != nil {
			return err
		}
		fmt.Println(genre.GetId(), genre.GetName())
	}
	return nil
}

func listStorefronts(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListStorefrontsRequest{Language: "en-US"}
	for storefront, err := range applemusic.All(ctx, music.Catalog.ListStorefronts, request, (*pb.ListStorefrontsResponse).GetStorefronts) {
		if err != nil {
			return err
		}
		fmt.Println(storefront.GetId(), storefront.GetName())
	}
	return nil
}

func lookupIsrc(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.LookupIsrc(ctx, &pb.LookupIsrcRequest{Isrcs: []string{"QZSIM0800024"}})
	if err != nil {
		return err
	}
	for _, match := range response.GetMatches() {
		for _, song := range match.GetSongs() {
			fmt.Println(match.GetIsrc(), "is", song.GetName())
		}
	}
	return nil
}

func lookupUpc(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.LookupUpc(ctx, &pb.LookupUpcRequest{Upcs: []string{"195992543775"}})
	if err != nil {
		return err
	}
	for _, match := range response.GetMatches() {
		for _, album := range match.GetAlbums() {
			fmt.Println(match.GetUpc(), "is", album.GetName())
		}
	}
	return nil
}

func lookupEquivalents(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.LookupEquivalents(ctx, &pb.LookupEquivalentsRequest{
		Type:    pb.ResourceType_RESOURCE_TYPE_SONG,
		Ids:     []string{"1603789145"},
		Options: &pb.ReadOptions{Storefront: "de"},
	})
	if err != nil {
		return err
	}
	for _, match := range response.GetMatches() {
		for _, there := range match.GetResources() {
			fmt.Println(match.GetId(), "is", there.GetSong().GetId())
		}
	}
	return nil
}

func resolveUrl(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.ResolveUrl(ctx, &pb.ResolveUrlRequest{
		Url: "https://music.apple.com/us/album/estuary-attic/1603878704?i=1603878712",
	})
	if err != nil {
		return err
	}
	switch shown := response.GetResource().GetResource().(type) {
	case *pb.Resource_Song:
		fmt.Println("the song", shown.Song.GetName())
	case *pb.Resource_Album:
		fmt.Println("the album", shown.Album.GetName())
	}
	return nil
}

func getLyrics(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Catalog.GetLyrics(ctx, &pb.GetLyricsRequest{
		SongId: "1603789145",
		Timing: pb.LyricsTiming_LYRICS_TIMING_LINE,
	})
	if err != nil {
		return err
	}
	for _, line := range response.GetLyrics().GetLines() {
		fmt.Println(line.GetStartOffset().AsDuration(), line.GetText())
	}
	return nil
}
