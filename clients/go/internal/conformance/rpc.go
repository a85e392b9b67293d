package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

// method finds Service/Method on the client, as a program would write it.
func method(client *applemusic.Client, name string) (reflect.Value, error) {
	service, call, _ := strings.Cut(name, "/")
	field := strings.TrimSuffix(service, "Service")
	if field == "Recommendation" {
		field = "Recommendations"
	}
	found := reflect.ValueOf(client).Elem().FieldByName(field)
	if found.IsValid() {
		found = found.MethodByName(call)
	}
	if !found.IsValid() {
		return found, fmt.Errorf("there is no method %q", name)
	}
	return found, nil
}

// call makes a unary call by name.
func call(client *applemusic.Client, name string) (
	func(context.Context, proto.Message, ...grpc.CallOption) (proto.Message, error), error,
) {
	found, err := method(client, name)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, request proto.Message, _ ...grpc.CallOption) (proto.Message, error) {
		results := found.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(request)})
		if err, failed := results[1].Interface().(error); failed {
			return nil, err
		}
		return results[0].Interface().(proto.Message), nil
	}, nil
}

// open ranges over a stream by name, by the client's own ranges.
func open(
	ctx context.Context, client *applemusic.Client, name string, request proto.Message,
) (iter.Seq2[proto.Message, error], error) {
	switch request := request.(type) {
	case *pb.WatchSignInRequest:
		return messages(client.WatchSignIn(ctx, request.GetSignInId())), nil
	case *pb.WatchAccountsRequest:
		return messages(client.WatchAccounts(ctx, request.GetAccounts()...)), nil
	case *pb.SyncLibraryRequest:
		return messages(client.SyncLibrary(ctx, request)), nil
	}
	return nil, fmt.Errorf("%s is no stream that this runner knows", name)
}

func messages[Message proto.Message](from iter.Seq2[Message, error]) iter.Seq2[proto.Message, error] {
	return func(yield func(proto.Message, error) bool) {
		for message, err := range from {
			if !yield(message, err) {
				return
			}
		}
	}
}

// request makes the request of a method from its ProtoJSON.
func request(name string, value any) (proto.Message, error) {
	path := protoreflect.FullName("applemusic.v1." + strings.ReplaceAll(name, "/", "."))
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(path)
	descriptor, ok := found.(protoreflect.MethodDescriptor)
	if err != nil || !ok {
		return nil, fmt.Errorf("there is no method %q", name)
	}
	kind, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.Input().FullName())
	if err != nil {
		return nil, err
	}
	message := kind.New().Interface()
	if value == nil {
		return message, nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	if err := protojson.Unmarshal(text, message); err != nil {
		return nil, fmt.Errorf("request of %s: %w", name, err)
	}
	return message, nil
}

// asJSON returns a message as ProtoJSON, and any other value as JSON.
func asJSON(value any) (any, error) {
	var text []byte
	var err error
	if message, ok := value.(proto.Message); ok {
		text, err = protojson.Marshal(message)
	} else {
		text, err = json.Marshal(value)
	}
	if err != nil {
		return nil, err
	}
	var found any
	err = json.Unmarshal(text, &found)
	return found, err
}

// errorAsJSON returns a client's error in the form that scenarios expect; false when it is none.
func errorAsJSON(err error) (map[string]any, bool) {
	var failure *applemusic.Error
	if !errors.As(err, &failure) {
		return nil, false
	}
	found := map[string]any{"code": codeNames[failure.Code], "message": failure.Message}
	if failure.Reason != "" {
		found["reason"] = failure.Reason
	}
	if len(failure.Metadata) > 0 {
		metadata := map[string]any{}
		for name, value := range failure.Metadata {
			metadata[name] = value
		}
		found["metadata"] = metadata
	}
	if len(failure.Violations) > 0 {
		var fields []any
		for _, violation := range failure.Violations {
			fields = append(fields, violation.Field)
		}
		found["fields"] = fields
	}
	if failure.RetryKnown {
		found["retryDelay"], _ = asJSON(durationpb.New(failure.RetryAfter))
	}
	return found, true
}

var codeNames = map[codes.Code]string{
	codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN",
	codes.InvalidArgument: "INVALID_ARGUMENT", codes.DeadlineExceeded: "DEADLINE_EXCEEDED",
	codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS",
	codes.PermissionDenied: "PERMISSION_DENIED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
	codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED",
	codes.OutOfRange: "OUT_OF_RANGE", codes.Unimplemented: "UNIMPLEMENTED",
	codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE", codes.DataLoss: "DATA_LOSS",
	codes.Unauthenticated: "UNAUTHENTICATED",
}
