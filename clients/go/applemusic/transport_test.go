package applemusic

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestAResetIsTheConnectionsAndNotTheCallers(t *testing.T) {
	said, err := status.New(codes.Internal, "RST_STREAM").WithDetails(
		&errdetails.ErrorInfo{Reason: "INTERNAL", Domain: errorDomain})
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range []struct {
		status *status.Status
		wanted codes.Code
	}{
		{status.New(codes.Canceled, "stream terminated by RST_STREAM with error code: CANCEL"), codes.Unavailable},
		{status.New(codes.Internal, "stream terminated by RST_STREAM with error code: INTERNAL_ERROR"), codes.Unavailable},
		{status.New(codes.Internal, "server closed the stream without sending trailers"), codes.Unavailable},
		{status.New(codes.Canceled, "context canceled"), codes.Canceled},
		{status.New(codes.Canceled, "grpc: the client connection is closing"), codes.Canceled},
		{status.New(codes.Internal, "a defect"), codes.Internal},
		{said, codes.Internal},
	} {
		found := translate(each.status.Err(), nil)
		if status.Code(found) != each.wanted {
			t.Errorf("%v became %v", each.status, found)
		}
		if errors.Is(found, context.Canceled) != (each.wanted == codes.Canceled) {
			t.Errorf("%v is taken for the caller's", found)
		}
	}
}
