package applemusic_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

func info(reason string, metadata map[string]string) *errdetails.ErrorInfo {
	return &errdetails.ErrorInfo{Reason: reason, Domain: "applemusic.v1", Metadata: metadata}
}

func TestEveryReasonHasItsConstant(t *testing.T) {
	source, err := os.ReadFile("reasons.go")
	if err != nil {
		t.Fatal(err)
	}
	for number, name := range pb.ErrorReason_name {
		if number != 0 && strings.Count(string(source), "Reason(pb.ErrorReason_"+name+")\n") != 1 {
			t.Errorf("%s has no constant", name)
		}
	}
	if applemusic.ErrAccountRequired.Error() != "ACCOUNT_REQUIRED" {
		t.Error(applemusic.ErrAccountRequired)
	}
}

func TestTheAdviceIsThatOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| (.+?) \\|")
	names := regexp.MustCompile("`([A-Z_]+)`")
	documented := map[string]applemusic.Advice{}
	for _, cells := range row.FindAllStringSubmatch(string(page), -1) {
		for _, reason := range names.FindAllStringSubmatch(cells[2], -1) {
			documented[reason[1]] = applemusic.Advice(cells[1])
		}
	}
	for number := range pb.ErrorReason_name {
		reason := applemusic.Reason(number).Error()
		found := (&applemusic.Error{Reason: reason, Code: codes.Unknown}).Advice()
		if number != 0 && found != documented[reason] {
			t.Errorf("%s: %s, and documented is %q", reason, found, documented[reason])
		}
	}
	later := &applemusic.Error{Reason: "OF_A_LATER_VERSION", Code: codes.NotFound}
	if later.Advice() != applemusic.AdviceSkip || (&applemusic.Error{Code: codes.Unknown}).Advice() != applemusic.AdviceReport {
		t.Error(later.Advice())
	}
}

func TestAnErrorTellsEverythingThatTheServerSaid(t *testing.T) {
	server := &fake{info: func(ctx context.Context, _ *pb.GetServerInfoRequest) (*pb.GetServerInfoResponse, error) {
		_ = grpc.SetTrailer(ctx, metadata.Pairs("x-request-id", "r-1"))
		return nil, failure(t, codes.ResourceExhausted, "wait a little",
			info("STREAM_LIMIT_REACHED", map[string]string{"limit": "4"}),
			&errdetails.RetryInfo{RetryDelay: durationpb.New(1500 * time.Millisecond)},
			&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
				{Field: "song_ids[3]", Description: "must not be empty"}}},
			&errdetails.Help{Links: []*errdetails.Help_Link{{Description: "limits", Url: "https://example.org"}}})
	}}
	_, err := server.connect(t).Server.GetServerInfo(t.Context(), &pb.GetServerInfoRequest{})

	var found *applemusic.Error
	if !errors.As(err, &found) {
		t.Fatalf("%T: %v", err, err)
	}
	if found.Code != codes.ResourceExhausted || found.Reason != "STREAM_LIMIT_REACHED" ||
		found.Metadata["limit"] != "4" || !found.RetryKnown || found.RetryAfter != 1500*time.Millisecond ||
		found.RequestID != "r-1" || found.Message != "wait a little" {
		t.Errorf("%+v", found)
	}
	if len(found.Violations) != 1 || found.Violations[0].Field != "song_ids[3]" ||
		len(found.Links) != 1 || found.Links[0].URL != "https://example.org" {
		t.Errorf("%+v", found)
	}
	if found.Error() != "STREAM_LIMIT_REACHED: wait a little; song_ids[3]: must not be empty (request r-1)" {
		t.Error(found.Error())
	}
	if !errors.Is(err, applemusic.ErrStreamLimitReached) || errors.Is(err, applemusic.ErrServerBusy) {
		t.Error("errors.Is does not find the reason")
	}
	if status.Code(err) != codes.ResourceExhausted || len(status.Convert(err).Details()) != 4 {
		t.Error("the status is lost")
	}
}

func TestReasonsOfOthersAndUnknownOnes(t *testing.T) {
	detail := info("SERVER_BUSY", nil)
	server := &fake{info: func(context.Context, *pb.GetServerInfoRequest) (*pb.GetServerInfoResponse, error) {
		return nil, failure(t, codes.FailedPrecondition, "no", detail)
	}}
	music := server.connect(t)
	var found *applemusic.Error

	detail.Domain = "somebody.else"
	_, err := music.Server.GetServerInfo(t.Context(), &pb.GetServerInfoRequest{})
	if !errors.As(err, &found) || found.Reason != "" || found.Error() != "FAILED_PRECONDITION: no" {
		t.Errorf("%+v", err)
	}
	detail.Domain, detail.Reason = "applemusic.v1", "OF_A_LATER_VERSION"
	_, err = music.Server.GetServerInfo(t.Context(), &pb.GetServerInfoRequest{})
	if !errors.As(err, &found) || found.Reason != "OF_A_LATER_VERSION" || found.Code != codes.FailedPrecondition {
		t.Errorf("%+v", err)
	}
}

func TestTheEndOfAContextIsFound(t *testing.T) {
	server := &fake{info: func(ctx context.Context, _ *pb.GetServerInfoRequest) (*pb.GetServerInfoResponse, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	music := server.connect(t)
	late, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := music.Server.GetServerInfo(late, &pb.GetServerInfoRequest{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := music.Server.GetServerInfo(gone, &pb.GetServerInfoRequest{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestErrorsOfStreamsAreTheSame(t *testing.T) {
	server := &fake{sync: func(_ *pb.SyncLibraryRequest, s grpc.ServerStreamingServer[pb.SyncLibraryResponse]) error {
		if err := s.Send(&pb.SyncLibraryResponse{}); err != nil {
			return err
		}
		return failure(t, codes.FailedPrecondition, "too old", info("SYNC_TOKEN_INVALID", nil))
	}}
	stream, err := server.connect(t).Library.SyncLibrary(t.Context(), &pb.SyncLibraryRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); !errors.Is(err, applemusic.ErrSyncTokenInvalid) {
		t.Errorf("%T: %v", err, err)
	}
}
