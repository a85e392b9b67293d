package applemusic_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"testing"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
	"github.com/applemusic-grpc/applemusic-grpc/clients/go/internal/stage"
)

// The scenarios in conformance/ go through everything else with the real server.

func TestTheRealServerThroughItsSocket(t *testing.T) {
	where := stage.Load(t)
	music := client(t, "unix://"+where.Socket, applemusic.WithAccessToken(where.Access["full"]))
	ready, err := music.WaitReady(t.Context())
	if err != nil || ready.GetState() != pb.ServerState_SERVER_STATE_READY {
		t.Fatal(ready, err)
	}
	stream, err := music.OpenAudio(t.Context(), applemusic.Song(stage.Text(t, where, "song")))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, stream); err != nil {
		t.Fatal(err)
	}
	if hex.EncodeToString(hash.Sum(nil)) != stage.Text(t, where, "song_fmp4_sha256") {
		t.Error("other bytes came")
	}
}

func TestTheRealServersErrors(t *testing.T) {
	where := stage.Load(t)
	music := client(t, where.GRPC)
	if _, err := music.WaitReady(t.Context()); !errors.Is(err, applemusic.ErrAccessTokenMissing) {
		t.Error(err)
	}
	full := client(t, where.GRPC, applemusic.WithAccessToken(where.Access["full"]), applemusic.WithAccount("nobody"))
	_, err := full.Library.ListLibrarySongs(t.Context(), &pb.ListLibrarySongsRequest{})
	var found *applemusic.Error
	if !errors.Is(err, applemusic.ErrAccountNotFound) || !errors.As(err, &found) || found.RequestID == "" {
		t.Error(err)
	}
}
