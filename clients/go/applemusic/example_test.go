package applemusic_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

var (
	ctx   = context.Background()
	music *applemusic.Client
)

func ExampleNew() {
	tls, err := applemusic.TLSFromFiles("ca.crt", "", "", "")
	if err != nil {
		log.Fatal(err)
	}
	music, err := applemusic.New("music.home.arpa:50051",
		applemusic.WithTLS(tls), applemusic.WithAccessToken(os.Getenv("APPLEMUSIC_TOKEN")))
	if err != nil {
		log.Fatal(err)
	}
	defer music.Close()
}

func ExampleClient_OpenAudio() {
	stream, err := music.OpenAudio(ctx, applemusic.Song("1440857781"))
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	fmt.Fprintln(os.Stderr, stream.Header().GetMimeType(), stream.Header().GetDuration().AsDuration())
	if _, err := io.Copy(os.Stdout, stream); err != nil {
		// Later, perhaps: with this and the header's etag it goes on where it was.
		log.Fatal("stopped at byte ", stream.Position(), ": ", err)
	}
}

func ExampleAll() {
	request := &pb.ListArtistTopSongsRequest{ArtistId: "178834"}
	for song, err := range applemusic.All(
		ctx, music.Catalog.ListArtistTopSongs, request, (*pb.ListArtistTopSongsResponse).GetSongs,
	) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(song.GetName(), song.GetDuration().AsDuration())
	}
}

func ExampleClient_SyncLibrary() {
	token := "" // what was kept of the last time; empty sends everything
	for change, err := range music.SyncLibrary(ctx, &pb.SyncLibraryRequest{SyncToken: token}) {
		if errors.Is(err, applemusic.ErrSyncTokenInvalid) {
			token = "" // and once more, from the start
			break
		}
		if err != nil {
			log.Fatal(err) // later from the token on
		}
		switch change := change.GetChange().(type) {
		case *pb.SyncLibraryResponse_Upsert:
			fmt.Println("is there:", change.Upsert.GetResource())
		case *pb.SyncLibraryResponse_Removal:
			fmt.Println("is gone:", change.Removal.GetResource().GetId())
		case *pb.SyncLibraryResponse_Checkpoint:
			token = change.Checkpoint.GetSyncToken() // keep it
		}
	}
}

func ExampleClient_WatchSignIn() {
	begun, err := music.Auth.BeginSignIn(ctx, &pb.BeginSignInRequest{Account: "anna"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("Open", begun.GetUrl(), "or type", begun.GetUserCode(), "at", begun.GetLinkUrl())
	for state, err := range music.WatchSignIn(ctx, begun.GetSignInId()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(state.GetState())
	}
}

func ExampleError() {
	_, err := music.Catalog.GetSong(ctx, &pb.GetSongRequest{Id: "1440857781"})
	var failure *applemusic.Error
	switch {
	case errors.Is(err, applemusic.ErrResourceNotFound):
		fmt.Println("there is no such song here")
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Println("not in time")
	case errors.As(err, &failure) && failure.RetryKnown:
		fmt.Println("again in", failure.RetryAfter)
	case err != nil:
		log.Fatal(err) // its text says what happened, and the request id for the server's log
	}
}
