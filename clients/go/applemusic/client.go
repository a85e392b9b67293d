package applemusic

import (
	"context"
	_ "embed"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

// serviceConfig says what is retried and how long calls may take: the contract's, for all languages.
//
//go:embed service_config.json
var serviceConfig string

// Client is a client of one server, for any number of goroutines. Its fields are the generated
// clients, on one connection: what their calls fail with is an [*Error].
type Client struct {
	Auth            pb.AuthServiceClient
	Catalog         pb.CatalogServiceClient
	Library         pb.LibraryServiceClient
	Favorites       pb.FavoritesServiceClient
	Radio           pb.RadioServiceClient
	Recommendations pb.RecommendationServiceClient
	Audio           pb.AudioServiceClient
	Server          pb.ServerServiceClient

	target     string
	backoff    Backoff
	connection *grpc.ClientConn
}

// New makes a client of the server at target: "host:port", or "unix:///path" of a socket. It
// connects with its first call. It fails when target is no address, when an option makes no sense, and
// when the access token would travel to another machine in plain text.
func New(target string, options ...Option) (*Client, error) {
	settings := defaults()
	for _, option := range options {
		option(&settings)
	}
	if err := checkTarget(target); err != nil {
		return nil, err
	}
	dialing, err := settings.dialOptions(target)
	if err != nil {
		return nil, err
	}
	connection, err := grpc.NewClient(target, dialing...)
	if err != nil {
		return nil, fmt.Errorf("applemusic: %w", err)
	}
	return &Client{
		Auth:            pb.NewAuthServiceClient(connection),
		Catalog:         pb.NewCatalogServiceClient(connection),
		Library:         pb.NewLibraryServiceClient(connection),
		Favorites:       pb.NewFavoritesServiceClient(connection),
		Radio:           pb.NewRadioServiceClient(connection),
		Recommendations: pb.NewRecommendationServiceClient(connection),
		Audio:           pb.NewAudioServiceClient(connection),
		Server:          pb.NewServerServiceClient(connection),
		target:          target,
		backoff:         settings.backoff,
		connection:      connection,
	}, nil
}

// Target returns the address that the client was made for.
func (c *Client) Target() string { return c.target }

// Close ends the connection; calls that still run fail with code Canceled.
func (c *Client) Close() error { return c.connection.Close() }

// WaitReady waits until the server answers and is not starting any more, and returns what it is;
// whether a person has to act is in its state. It waits as long as ctx lets it.
func (c *Client) WaitReady(ctx context.Context) (*pb.GetServerInfoResponse, error) {
	attempts := c.backoff.attempts()
	for {
		info, err := c.Server.GetServerInfo(ctx, &pb.GetServerInfoRequest{})
		if err == nil && info.GetState() != pb.ServerState_SERVER_STATE_STARTING {
			return info, nil
		}
		if err != nil && codeOf(err) != codes.Unavailable {
			return nil, err
		}
		if err := attempts.wait(ctx, err); err != nil {
			return nil, err
		}
	}
}

// Song asks for a song by its catalog id (digits) or library id ("i.…"), in fragmented MP4 from its
// beginning. The fields of the request say the rest.
func Song(id string) *pb.AudioStreamRequest {
	return &pb.AudioStreamRequest{Item: &pb.AudioStreamRequest_SongId{SongId: id}}
}

// Station asks for a broadcast station by its id ("ra.…").
func Station(id string) *pb.AudioStreamRequest {
	return &pb.AudioStreamRequest{Item: &pb.AudioStreamRequest_StationId{StationId: id}}
}
