package applemusic

import (
	"context"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// List is a method of a generated client that lists something in pages.
type List[Request PageRequest, Response PageResponse] func(
	context.Context, Request, ...grpc.CallOption) (Response, error)

// PageRequest is a request for one page of a list.
type PageRequest interface {
	proto.Message
	GetPageToken() string
}

// PageResponse is one page of a list.
type PageResponse interface {
	proto.Message
	GetNextPageToken() string
}

// Pages ranges over the pages of a list, from the one that the request names: each is read when it
// is its turn. A page may be empty without being the last. After an error nothing more comes. The
// request is not changed.
//
//	for page, err := range applemusic.Pages(ctx, music.Catalog.ListCharts, request) {
func Pages[Request PageRequest, Response PageResponse](
	ctx context.Context, list List[Request, Response], request Request, options ...grpc.CallOption,
) iter.Seq2[Response, error] {
	return func(yield func(Response, error) bool) {
		page := proto.Clone(request).(Request)
		for {
			response, err := list(ctx, page, options...)
			if err != nil {
				var none Response
				yield(none, err)
				return
			}
			next := response.GetNextPageToken()
			if !yield(response, nil) || next == "" {
				return
			}
			if next == page.GetPageToken() {
				var none Response
				yield(none, broken("the server sent the same page token again: the list never ends"))
				return
			}
			page = proto.Clone(page).(Request)
			setPageToken(page, next)
		}
	}
}

// All ranges over the items of a list, page after page, from the page that the request names. items takes
// them out of a page: a getter of the response does. After an error nothing more comes.
//
//	songs := applemusic.All(ctx, music.Catalog.ListArtistTopSongs,
//		&pb.ListArtistTopSongsRequest{ArtistId: "178834"}, (*pb.ListArtistTopSongsResponse).GetSongs)
//	for song, err := range songs {
func All[Request PageRequest, Response PageResponse, Item any](
	ctx context.Context, list List[Request, Response], request Request,
	items func(Response) []Item, options ...grpc.CallOption,
) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for page, err := range Pages(ctx, list, request, options...) {
			if err != nil {
				var none Item
				yield(none, err)
				return
			}
			for _, item := range items(page) {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// setPageToken sets the field that every request for a page has.
func setPageToken(request PageRequest, token string) {
	reflection := request.ProtoReflect()
	field := reflection.Descriptor().Fields().ByName("page_token")
	reflection.Set(field, protoreflect.ValueOfString(token))
}
