package applemusic

import (
	"context"
	"errors"
	"io"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

// Open is a method of a generated client that opens a stream.
type Open[Request, Response any] func(
	context.Context, *Request, ...grpc.CallOption) (grpc.ServerStreamingClient[Response], error)

// Messages ranges over the messages of any stream of the contract, until the server ends it with OK
// or it fails; after an error nothing more comes. Leaving the loop ends the stream.
func Messages[Request, Response any](
	ctx context.Context, open Open[Request, Response], request *Request, options ...grpc.CallOption,
) iter.Seq2[*Response, error] {
	return func(yield func(*Response, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stream, err := open(ctx, request, options...)
		for err == nil {
			var message *Response
			if message, err = stream.Recv(); err == nil && !yield(message, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}

// WatchAccounts ranges over what happens to accounts: first the present state of each, then every
// change, without end. It goes on when the server was away, and the present states then come again.
// Without accounts it is about all that the caller may use.
func (c *Client) WatchAccounts(ctx context.Context, accounts ...string) iter.Seq2[*pb.WatchAccountsResponse, error] {
	return watch(ctx, c, c.Auth.WatchAccounts, &pb.WatchAccountsRequest{Accounts: accounts})
}

// WatchSignIn ranges over the states of a sign-in, the present one and each change, until the final
// one. It goes on when the server was away. It fails with [ErrIncomplete] when the server ended it before the
// final state.
func (c *Client) WatchSignIn(ctx context.Context, signInID string) iter.Seq2[*pb.WatchSignInResponse, error] {
	return func(yield func(*pb.WatchSignInResponse, error) bool) {
		final := false
		request := &pb.WatchSignInRequest{SignInId: signInID}
		for state, err := range watch(ctx, c, c.Auth.WatchSignIn, request) {
			final = state.GetState() != pb.SignInState_SIGN_IN_STATE_PENDING
			if !yield(state, err) || err != nil {
				return
			}
		}
		if !final {
			yield(nil, incomplete("the sign-in's stream ended before its final state"))
		}
	}
}

// SyncLibrary ranges over a library, or over what changed in it since the checkpoint whose token the
// request has. When it breaks, go on with the token of the last checkpoint that came. It fails with
// [ErrIncomplete] when the server ended it without a final checkpoint.
func (c *Client) SyncLibrary(
	ctx context.Context, request *pb.SyncLibraryRequest,
) iter.Seq2[*pb.SyncLibraryResponse, error] {
	return func(yield func(*pb.SyncLibraryResponse, error) bool) {
		complete := false
		for change, err := range Messages(ctx, c.Library.SyncLibrary, request) {
			if checkpoint := change.GetCheckpoint(); checkpoint != nil {
				complete = checkpoint.GetComplete()
			}
			if !yield(change, err) || err != nil {
				return
			}
		}
		if !complete {
			yield(nil, incomplete("the sync ended without its final checkpoint"))
		}
	}
}

// watch opens a stream again whenever the server was away: for streams whose first messages bring
// the caller up to date.
func watch[Request, Response any](
	ctx context.Context, client *Client, open Open[Request, Response], request *Request,
) iter.Seq2[*Response, error] {
	return func(yield func(*Response, error) bool) {
		attempts := client.backoff.attempts()
		for {
			var failure error
			for message, err := range Messages(ctx, open, request) {
				if err != nil {
					failure = err
					break
				}
				attempts.progressed()
				if !yield(message, nil) {
					return
				}
			}
			if failure == nil {
				return
			}
			if codeOf(failure) == codes.Unavailable {
				if failure = attempts.wait(ctx, failure); failure == nil {
					continue
				}
			}
			yield(nil, failure)
			return
		}
	}
}
