package applemusic

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

// unary names the account and translates errors.
func (s *settings) unary(
	ctx context.Context, method string, request, response any, connection *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	var trailer metadata.MD
	options = append(options, grpc.Trailer(&trailer))
	err := invoke(ctx, method, s.withAccount(request), response, connection, options...)
	return translate(err, trailer)
}

// stream does the same for streams.
func (s *settings) stream(
	ctx context.Context, description *grpc.StreamDesc, connection *grpc.ClientConn, method string,
	open grpc.Streamer, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	stream, err := open(ctx, description, connection, method, options...)
	if err != nil {
		return nil, translate(err, nil)
	}
	return &clientStream{stream, s}, nil
}

type clientStream struct {
	grpc.ClientStream
	settings *settings
}

func (c *clientStream) SendMsg(message any) error {
	return translated(c.ClientStream.SendMsg(c.settings.withAccount(message)), nil)
}

func (c *clientStream) RecvMsg(message any) error {
	err := c.ClientStream.RecvMsg(message)
	if err == nil {
		return nil // before the end there is no trailer
	}
	return translated(err, c.Trailer())
}

func (c *clientStream) Header() (metadata.MD, error) {
	header, err := c.ClientStream.Header()
	return header, translated(err, nil)
}

// translated leaves the end of a stream as it is.
func translated(err error, trailer metadata.MD) error {
	if errors.Is(err, io.EOF) {
		return err
	}
	return translate(err, trailer)
}

// withAccount returns the request with the client's account where it names none.
func (s *settings) withAccount(request any) any {
	message, ok := request.(proto.Message)
	if !ok || s.account == "" {
		return request
	}
	if _, ok := message.(*pb.SignOutRequest); ok {
		return request // signing out is never guessed
	}
	reflection := message.ProtoReflect()
	field := reflection.Descriptor().Fields().ByName("account")
	if field == nil || field.Kind() != protoreflect.StringKind || field.IsList() || reflection.Has(field) {
		return request
	}
	named := proto.Clone(message) // the caller's stays as it is
	named.ProtoReflect().Set(field, protoreflect.ValueOfString(s.account))
	return named
}
