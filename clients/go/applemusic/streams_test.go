package applemusic_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

func checkpoint(complete bool) *pb.SyncLibraryResponse {
	return &pb.SyncLibraryResponse{Change: &pb.SyncLibraryResponse_Checkpoint{
		Checkpoint: &pb.SyncCheckpoint{SyncToken: "t", Complete: complete}}}
}

func TestASyncIsCompleteWithItsLastCheckpointOnly(t *testing.T) {
	var changes []*pb.SyncLibraryResponse
	server := &fake{sync: func(_ *pb.SyncLibraryRequest, s grpc.ServerStreamingServer[pb.SyncLibraryResponse]) error {
		for _, change := range changes {
			if err := s.Send(change); err != nil {
				return err
			}
		}
		return nil
	}}
	music := server.connect(t)
	run := func() (count int, last error) {
		for _, err := range music.SyncLibrary(t.Context(), &pb.SyncLibraryRequest{}) {
			if last = err; err == nil {
				count++
			}
		}
		return count, last
	}
	changes = []*pb.SyncLibraryResponse{checkpoint(false), checkpoint(true)}
	if count, err := run(); count != 2 || err != nil {
		t.Error(count, err)
	}
	changes = changes[:1]
	if count, err := run(); count != 1 || !errors.Is(err, applemusic.ErrIncomplete) {
		t.Error(count, err)
	}
}

func TestAWatchIsTakenUpAgain(t *testing.T) {
	opened := 0
	server := &fake{watch: func(r *pb.WatchAccountsRequest, s grpc.ServerStreamingServer[pb.WatchAccountsResponse]) error {
		opened++
		if opened == 4 {
			return failure(t, codes.Unauthenticated, "gone", info("ACCESS_TOKEN_INVALID", nil))
		}
		if err := s.Send(&pb.WatchAccountsResponse{Account: &pb.Account{Id: r.GetAccounts()[0]}}); err != nil {
			return err
		}
		return failure(t, codes.Unavailable, "draining", info("SERVER_DRAINING", nil))
	}}
	var seen int
	var last error
	for event, err := range server.connect(t).WatchAccounts(t.Context(), "anna") {
		if last = err; err == nil && event.GetAccount().GetId() == "anna" {
			seen++
		}
	}
	if seen != 3 || opened != 4 || !errors.Is(last, applemusic.ErrAccessTokenInvalid) {
		t.Error(seen, opened, last)
	}
}

func TestLeavingAWatchEndsItAtTheServer(t *testing.T) {
	ended := make(chan struct{})
	server := &fake{watch: func(_ *pb.WatchAccountsRequest, s grpc.ServerStreamingServer[pb.WatchAccountsResponse]) error {
		defer close(ended)
		if err := s.Send(&pb.WatchAccountsResponse{}); err != nil {
			return err
		}
		<-s.Context().Done()
		return s.Context().Err()
	}}
	for _, err := range server.connect(t).WatchAccounts(t.Context()) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("the stream goes on at the server")
	}
}

func TestAWatchEndsWithItsContext(t *testing.T) {
	server := &fake{watch: func(*pb.WatchAccountsRequest, grpc.ServerStreamingServer[pb.WatchAccountsResponse]) error {
		return failure(t, codes.Unavailable, "away")
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	var last error
	for _, err := range server.connect(t).WatchAccounts(ctx) {
		last = err
	}
	if !errors.Is(last, context.DeadlineExceeded) {
		t.Error(last)
	}
}

func TestASignInHasAFinalState(t *testing.T) {
	var states []pb.SignInState
	server := &fake{signIn: func(_ *pb.WatchSignInRequest, s grpc.ServerStreamingServer[pb.WatchSignInResponse]) error {
		for _, state := range states {
			if err := s.Send(&pb.WatchSignInResponse{State: state}); err != nil {
				return err
			}
		}
		return nil
	}}
	music := server.connect(t)
	last := func() (err error) {
		for _, failure := range music.WatchSignIn(t.Context(), "id") {
			err = failure
		}
		return err
	}
	states = []pb.SignInState{pb.SignInState_SIGN_IN_STATE_PENDING, pb.SignInState_SIGN_IN_STATE_SUCCEEDED}
	if err := last(); err != nil {
		t.Error(err)
	}
	states = states[:1]
	if err := last(); !errors.Is(err, applemusic.ErrIncomplete) {
		t.Error(err)
	}
}
