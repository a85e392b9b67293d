package conformance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

const again = 100 * time.Millisecond

// known are the fields of each verb: what a runner does not know is a failure.
var verbs = map[string][]string{
	"call":   {"request", "access", "timeout", "within", "expect", "error", "capture"},
	"pages":  {"items", "request", "access", "timeout", "expect", "error", "capture"},
	"open":   {"method", "request", "access"},
	"read":   {"count", "until", "end", "timeout", "expect", "error", "capture"},
	"cancel": {},
	"audio":  {"request", "access", "stop_after", "expect", "error", "capture"},
	"http":   {"base", "path", "json", "form", "headers", "expect", "capture"},
}

// Scene is one run of one scenario: its variables, streams, buffers and cookies.
type Scene struct {
	context   Context
	browser   *browser
	variables map[string]any
	clients   map[string]*applemusic.Client
	streams   map[string]*openStream
	buffers   map[string][]byte
}

func newScene(context Context) *Scene {
	return &Scene{
		context:   context,
		browser:   newBrowser(context),
		variables: context.startVariables(),
		clients:   map[string]*applemusic.Client{},
		streams:   map[string]*openStream{},
		buffers:   map[string][]byte{},
	}
}

// do does one step and compares.
func (s *Scene) do(ctx context.Context, raw map[string]any) error {
	verb, step, err := s.prepare(raw)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(seconds(step["within"], 0))
	for {
		result, err := s.once(ctx, verb, step)
		if err == nil {
			return s.capture(result, step["capture"])
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
		time.Sleep(again)
	}
}

// close cancels what is still open.
func (s *Scene) close() error {
	var failures []error
	for _, stream := range s.streams {
		failures = append(failures, stream.end())
	}
	for _, client := range s.clients {
		failures = append(failures, client.Close())
	}
	return errors.Join(failures...)
}

// prepare replaces variables and refuses what there is not.
func (s *Scene) prepare(raw map[string]any) (string, map[string]any, error) {
	verb := ""
	for name := range verbs {
		if _, ok := raw[name]; ok {
			verb = name
		}
	}
	step := map[string]any{}
	for name, value := range raw {
		if name == "capture" { // what is captured is named and not meant
			step[name] = value
			continue
		}
		replaced, err := Substitute(value, s.variables)
		if err != nil {
			return "", nil, err
		}
		step[name] = replaced
		if name != verb && name != "comment" && !slices.Contains(verbs[verb], name) {
			return "", nil, fmt.Errorf("there is no %q in a step with the verb %q", name, verb)
		}
	}
	for _, name := range []string{"expect", "error", "until"} {
		if err := CheckMatcher(step[name]); err != nil {
			return "", nil, err
		}
	}
	return verb, step, nil
}

func (s *Scene) capture(result, sources any) error {
	named, _ := sources.(map[string]any)
	for name, source := range named {
		value, err := Capture(result, source)
		if err != nil {
			return err
		}
		s.variables[name] = value
	}
	return nil
}

func (s *Scene) once(ctx context.Context, verb string, step map[string]any) (any, error) {
	result, err := s.perform(ctx, verb, step)
	if verb == "read" {
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		if err := expectedError(step, err); err != nil {
			return nil, err
		}
		seen, _ := errorAsJSON(err)
		return seen, nil
	} else if wanted, ok := step["error"]; ok {
		return nil, fmt.Errorf("expected %s, and it succeeded", shown(wanted))
	}
	if wanted, ok := step["expect"]; ok {
		if found := Mismatch(wanted, result, ""); found != "" {
			return nil, errors.New(found)
		}
	}
	return result, nil
}

func (s *Scene) perform(ctx context.Context, verb string, step map[string]any) (any, error) {
	name, _ := step[verb].(string)
	switch verb {
	case "call":
		return s.call(ctx, name, step)
	case "pages":
		return s.pages(ctx, name, step)
	case "open":
		return nil, s.open(ctx, name, step)
	case "read", "cancel":
		stream, ok := s.streams[name]
		if !ok {
			return nil, fmt.Errorf("no stream %q is open", name)
		}
		if verb == "cancel" {
			return nil, stream.end()
		}
		return stream.read(step)
	case "audio":
		return s.audio(ctx, name, step)
	case "http":
		return s.browser.do(ctx, step)
	}
	return nil, fmt.Errorf("there is no verb in %s", shown(step))
}

func (s *Scene) call(ctx context.Context, name string, step map[string]any) (any, error) {
	client, message, err := s.prepareCall(name, step)
	if err != nil {
		return nil, err
	}
	make, err := call(client, name)
	if err != nil {
		return nil, err
	}
	if limit := seconds(step["timeout"], 0); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	response, err := make(ctx, message)
	if err != nil {
		return nil, err
	}
	return asJSON(response)
}

func (s *Scene) pages(ctx context.Context, name string, step map[string]any) (any, error) {
	client, message, err := s.prepareCall(name, step)
	if err != nil {
		return nil, err
	}
	make, err := call(client, name)
	if err != nil {
		return nil, err
	}
	request, ok := message.(applemusic.PageRequest)
	if !ok {
		return nil, fmt.Errorf("%s lists nothing in pages", name)
	}
	list := func(
		ctx context.Context, request applemusic.PageRequest, _ ...grpc.CallOption,
	) (applemusic.PageResponse, error) {
		if limit := seconds(step["timeout"], 0); limit > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, limit)
			defer cancel()
		}
		response, err := make(ctx, request)
		if err != nil {
			return nil, err
		}
		return response.(applemusic.PageResponse), nil
	}
	items := []any{}
	field, _ := step["items"].(string)
	for page, err := range applemusic.Pages(ctx, list, request) {
		if err != nil {
			return nil, err
		}
		whole, err := asJSON(page)
		if err != nil {
			return nil, err
		}
		came, _ := whole.(map[string]any)[field].([]any)
		items = append(items, came...)
	}
	return items, nil
}

func (s *Scene) open(ctx context.Context, name string, step map[string]any) error {
	path, _ := step["method"].(string)
	client, message, err := s.prepareCall(path, step)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	from, err := open(ctx, client, path, message)
	if err != nil {
		cancel()
		return err
	}
	s.streams[name] = startStream(cancel, from)
	return nil
}

func (s *Scene) audio(ctx context.Context, name string, step map[string]any) (any, error) {
	client, message, err := s.prepareCall("AudioService/AudioStream", step)
	if err != nil {
		return nil, err
	}
	kinds := []any{}
	stream, err := client.OpenAudio(ctx, message.(*pb.AudioStreamRequest),
		applemusic.WithEvents(func(event *pb.AudioEvent) {
			if event.GetKind() != pb.AudioEventKind_AUDIO_EVENT_KIND_KEEP_ALIVE {
				kinds = append(kinds, event.GetKind().String())
			}
		}))
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	var source io.Reader = stream
	if stop, ok := step["stop_after"].(float64); ok {
		source = io.LimitReader(stream, int64(stop))
	}
	came, err := io.ReadAll(source)
	if err != nil {
		return nil, err
	}
	s.buffers[name] = append(s.buffers[name], came...)
	return audioResult(stream, s.buffers[name], len(came), kinds)
}

func audioResult(stream *applemusic.AudioStream, buffer []byte, came int, kinds []any) (any, error) {
	header, err := asJSON(stream.Header())
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(buffer)
	result := map[string]any{
		"header":      header,
		"complete":    stream.Summary() != nil,
		"byteCount":   float64(came),
		"position":    float64(stream.Position()),
		"resumeCount": float64(stream.Resumes()),
		"eventKinds":  kinds,
		"buffer": map[string]any{
			"size": float64(len(buffer)), "sha256": hex.EncodeToString(hash[:])},
	}
	if summary := stream.Summary(); summary != nil {
		result["summary"], err = asJSON(summary)
	}
	return result, err
}

func (s *Scene) prepareCall(name string, step map[string]any) (*applemusic.Client, proto.Message, error) {
	client, err := s.client(step)
	if err != nil {
		return nil, nil, err
	}
	message, err := request(name, step["request"])
	return client, message, err
}

// client returns the one that shows the access token that the step names.
func (s *Scene) client(step map[string]any) (*applemusic.Client, error) {
	access := "full"
	if name, ok := step["access"].(string); ok {
		access = name
	}
	if client, ok := s.clients[access]; ok {
		return client, nil
	}
	token, ok := s.context.Access[access]
	if !ok {
		return nil, fmt.Errorf("there is no access %q", access)
	}
	client, err := applemusic.New(s.context.GRPC, applemusic.WithAccessToken(token))
	if err == nil {
		s.clients[access] = client
	}
	return client, err
}
