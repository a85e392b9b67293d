package applemusic_test

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

func track(id string) *pb.Track {
	return &pb.Track{Item: &pb.Track_Song{Song: &pb.Song{Id: id}}}
}

// album is a list of three pages, the second of which is empty.
func album(asked *[]string) *fake {
	pages := map[string]*pb.ListAlbumTracksResponse{
		"":  {Tracks: []*pb.Track{track("1"), track("2")}, NextPageToken: "b"},
		"b": {NextPageToken: "c"},
		"c": {Tracks: []*pb.Track{track("3")}},
	}
	return &fake{tracks: func(r *pb.ListAlbumTracksRequest) (*pb.ListAlbumTracksResponse, error) {
		*asked = append(*asked, r.GetAlbumId()+r.GetPageToken())
		return pages[r.GetPageToken()], nil
	}}
}

func ids(t *testing.T, music *applemusic.Client, request *pb.ListAlbumTracksRequest, most int) []string {
	t.Helper()
	var found []string
	for track, err := range applemusic.All(
		t.Context(), music.Catalog.ListAlbumTracks, request, (*pb.ListAlbumTracksResponse).GetTracks,
	) {
		if err != nil {
			t.Fatal(err)
		}
		if found = append(found, track.GetSong().GetId()); len(found) == most {
			break
		}
	}
	return found
}

func TestAListIsReadToItsEnd(t *testing.T) {
	var asked []string
	music := album(&asked).connect(t)
	request := &pb.ListAlbumTracksRequest{AlbumId: "x"}
	if found := ids(t, music, request, -1); !slices.Equal(found, []string{"1", "2", "3"}) {
		t.Error(found)
	}
	if !slices.Equal(asked, []string{"x", "xb", "xc"}) {
		t.Error(asked)
	}
	if request.GetPageToken() != "" {
		t.Error("the request was changed")
	}
}

func TestNoPageIsReadBeforeItsTurn(t *testing.T) {
	var asked []string
	music := album(&asked).connect(t)
	if found := ids(t, music, &pb.ListAlbumTracksRequest{}, 2); len(found) != 2 || len(asked) != 1 {
		t.Error(found, asked)
	}
}

func TestAListBeginsWhereItIsTold(t *testing.T) {
	var asked []string
	music := album(&asked).connect(t)
	found := ids(t, music, &pb.ListAlbumTracksRequest{PageToken: "c"}, -1)
	if !slices.Equal(found, []string{"3"}) {
		t.Error(found)
	}
}

func TestAFailureEndsAList(t *testing.T) {
	server := &fake{tracks: func(r *pb.ListAlbumTracksRequest) (*pb.ListAlbumTracksResponse, error) {
		if r.GetPageToken() != "" {
			return nil, failure(t, codes.InvalidArgument, "no", info("INVALID_PAGE_TOKEN", nil))
		}
		return &pb.ListAlbumTracksResponse{Tracks: []*pb.Track{track("1")}, NextPageToken: "b"}, nil
	}}
	music := server.connect(t)
	var steps []error
	for _, err := range applemusic.All(t.Context(), music.Catalog.ListAlbumTracks,
		&pb.ListAlbumTracksRequest{}, (*pb.ListAlbumTracksResponse).GetTracks) {
		steps = append(steps, err)
	}
	if len(steps) != 2 || steps[0] != nil || !errors.Is(steps[1], applemusic.ErrInvalidPageToken) {
		t.Error(steps)
	}
}

func TestAListThatNeverEndsIsToldApart(t *testing.T) {
	server := &fake{tracks: func(*pb.ListAlbumTracksRequest) (*pb.ListAlbumTracksResponse, error) {
		return &pb.ListAlbumTracksResponse{NextPageToken: "same"}, nil
	}}
	music := server.connect(t)
	var last error
	count := 0
	for _, err := range applemusic.Pages(t.Context(), music.Catalog.ListAlbumTracks, &pb.ListAlbumTracksRequest{}) {
		last = err
		count++
	}
	if !errors.Is(last, applemusic.ErrProtocol) || count != 3 {
		t.Error(count, last)
	}
}
