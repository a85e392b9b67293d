package applemusic_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

// quick is a back-off that no test waits for.
var quick = applemusic.Backoff{Attempts: 3, Initial: time.Millisecond, Maximum: 2 * time.Millisecond, Multiplier: 2}

// fake is a real gRPC server whose answers a test writes.
type fake struct {
	pb.UnimplementedServerServiceServer
	pb.UnimplementedCatalogServiceServer
	pb.UnimplementedAuthServiceServer
	pb.UnimplementedLibraryServiceServer
	pb.UnimplementedAudioServiceServer

	info   func(context.Context, *pb.GetServerInfoRequest) (*pb.GetServerInfoResponse, error)
	tracks func(*pb.ListAlbumTracksRequest) (*pb.ListAlbumTracksResponse, error)
	signIn func(*pb.WatchSignInRequest, grpc.ServerStreamingServer[pb.WatchSignInResponse]) error
	sync   func(*pb.SyncLibraryRequest, grpc.ServerStreamingServer[pb.SyncLibraryResponse]) error
	watch  func(*pb.WatchAccountsRequest, grpc.ServerStreamingServer[pb.WatchAccountsResponse]) error
	audio  func(*pb.AudioStreamRequest, grpc.ServerStreamingServer[pb.AudioStreamResponse]) error

	mutex    sync.Mutex
	accounts []string
}

func (f *fake) GetServerInfo(ctx context.Context, r *pb.GetServerInfoRequest) (*pb.GetServerInfoResponse, error) {
	return f.info(ctx, r)
}

func (f *fake) ListAlbumTracks(_ context.Context, r *pb.ListAlbumTracksRequest) (*pb.ListAlbumTracksResponse, error) {
	return f.tracks(r)
}

func (f *fake) SignOut(_ context.Context, r *pb.SignOutRequest) (*pb.SignOutResponse, error) {
	f.note(r.GetAccount())
	return &pb.SignOutResponse{}, nil
}

func (f *fake) GetAccount(_ context.Context, r *pb.GetAccountRequest) (*pb.GetAccountResponse, error) {
	f.note(r.GetAccount())
	return &pb.GetAccountResponse{}, nil
}

func (f *fake) CreatePlaylist(_ context.Context, r *pb.CreatePlaylistRequest) (*pb.CreatePlaylistResponse, error) {
	f.note(r.GetAccount())
	return nil, status.Error(codes.Unavailable, "away")
}

func (f *fake) WatchSignIn(r *pb.WatchSignInRequest, s grpc.ServerStreamingServer[pb.WatchSignInResponse]) error {
	return f.signIn(r, s)
}

func (f *fake) WatchAccounts(r *pb.WatchAccountsRequest, s grpc.ServerStreamingServer[pb.WatchAccountsResponse]) error {
	return f.watch(r, s)
}

func (f *fake) SyncLibrary(r *pb.SyncLibraryRequest, s grpc.ServerStreamingServer[pb.SyncLibraryResponse]) error {
	f.note(r.GetAccount())
	return f.sync(r, s)
}

func (f *fake) AudioStream(r *pb.AudioStreamRequest, s grpc.ServerStreamingServer[pb.AudioStreamResponse]) error {
	f.note(r.GetAccount())
	return f.audio(r, s)
}

func (f *fake) note(account string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.accounts = append(f.accounts, account)
}

// serve starts the fake on a listener and returns its address.
func (f *fake) serve(t *testing.T, listener net.Listener, options ...grpc.ServerOption) string {
	t.Helper()
	server := grpc.NewServer(options...)
	pb.RegisterServerServiceServer(server, f)
	pb.RegisterCatalogServiceServer(server, f)
	pb.RegisterAuthServiceServer(server, f)
	pb.RegisterLibraryServiceServer(server, f)
	pb.RegisterAudioServiceServer(server, f)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Stop()
		<-done
	})
	return listener.Addr().String()
}

// loopback listens on a free port.
func loopback(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// connect makes a client of the fake.
func (f *fake) connect(t *testing.T, options ...applemusic.Option) *applemusic.Client {
	t.Helper()
	return client(t, f.serve(t, loopback(t)), options...)
}

// client makes a client that is closed after the test.
func client(t *testing.T, target string, options ...applemusic.Option) *applemusic.Client {
	t.Helper()
	music, err := applemusic.New(target, append([]applemusic.Option{applemusic.WithBackoff(quick)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = music.Close() })
	return music
}

// failure makes a status with details.
func failure(t *testing.T, code codes.Code, message string, details ...protoadapt.MessageV1) error {
	t.Helper()
	state, err := status.New(code, message).WithDetails(details...)
	if err != nil {
		t.Fatal(err)
	}
	return state.Err()
}

func header(ctx context.Context, name string) string {
	values := metadata.ValueFromIncomingContext(ctx, name)
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
