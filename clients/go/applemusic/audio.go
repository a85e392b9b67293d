package applemusic

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

// startAttempts is how often a start that Apple does not answer is tried again: somebody waits, and
// the server has asked repeatedly.
const startAttempts = 1

// AudioStream is the audio of one song as an io.Reader: its bytes join without gap or overlap. A
// connection that breaks (code Unavailable, nothing else) is taken up again at the first byte that is
// missing, with back-off; reading fails only when that does not help. It ends with io.EOF if and only
// if the server said that the stream is complete.
//
// One goroutine reads; Close may be called by any.
type AudioStream struct {
	client  *Client
	request *pb.AudioStreamRequest
	onEvent func(*pb.AudioEvent)
	options []grpc.CallOption

	ctx      context.Context
	cancel   context.CancelFunc
	closed   atomic.Bool
	attempts *attempts
	frames   grpc.ServerStreamingClient[pb.AudioStreamResponse]
	release  context.CancelFunc // of the present call

	header       *pb.AudioHeader
	summary      *pb.AudioSummary
	rest         []byte // of the last chunk
	position     int64  // byte after rest
	callStart    int64  // byte with which the present call began
	callPosition int64  // byte that comes next in the present call
	resumes      int
	failure      error
}

// AudioOption changes how audio is streamed.
type AudioOption func(*AudioStream)

// WithEvents has a function called with each event, by the goroutine that reads, before the bytes
// that come after it.
func WithEvents(call func(*pb.AudioEvent)) AudioOption {
	return func(s *AudioStream) { s.onEvent = call }
}

// WithCallOptions passes options on to the calls of the stream.
func WithCallOptions(options ...grpc.CallOption) AudioOption {
	return func(s *AudioStream) { s.options = append(s.options, options...) }
}

// OpenAudio asks for audio and returns when its header is there. The stream goes on until it is read
// to its end, closed, or ctx ends; close it in any case. [Song] and [Station] make requests.
func (c *Client) OpenAudio(
	ctx context.Context, request *pb.AudioStreamRequest, options ...AudioOption,
) (*AudioStream, error) {
	stream := &AudioStream{
		client:   c,
		request:  proto.Clone(request).(*pb.AudioStreamRequest),
		attempts: c.backoff.attempts(),
	}
	for _, option := range options {
		option(stream)
	}
	stream.ctx, stream.cancel = context.WithCancel(ctx)
	if err := stream.persist(stream.open); err != nil {
		stream.cancel()
		return nil, err
	}
	return stream, nil
}

// Header returns what is sent: that of the first call, when the stream was taken up again.
func (s *AudioStream) Header() *pb.AudioHeader { return s.header }

// Summary returns what was sent (by the last call, when the stream was taken up again); nil before
// the stream is complete, which Read says by io.EOF.
func (s *AudioStream) Summary() *pb.AudioSummary { return s.summary }

// Position returns the byte of the stream that the next Read begins with: with the header's etag
// enough to go on later.
func (s *AudioStream) Position() int64 { return s.position - int64(len(s.rest)) }

// Resumes returns how often the stream broke and was taken up again.
func (s *AudioStream) Resumes() int { return s.resumes }

// Read reads audio. It fails with an [*Error], with ErrClosed after Close, or with what ended the
// context.
func (s *AudioStream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := s.fill(); err != nil {
		return 0, err
	}
	count := copy(p, s.rest)
	s.rest = s.rest[count:]
	return count, nil
}

// WriteTo writes what is left of the stream, each chunk as it came: io.Copy uses it.
func (s *AudioStream) WriteTo(w io.Writer) (int64, error) {
	var written int64
	for {
		err := s.fill()
		if errors.Is(err, io.EOF) {
			return written, nil
		}
		if err != nil {
			return written, err
		}
		count, err := w.Write(s.rest)
		s.rest = s.rest[count:]
		written += int64(count)
		if err != nil {
			return written, err
		}
	}
}

// Close ends the stream: the server stops sending. It does nothing to one that is complete.
func (s *AudioStream) Close() error {
	s.closed.Store(true)
	s.cancel()
	return nil
}

// fill waits until there are bytes in rest; its failure is final.
func (s *AudioStream) fill() error {
	for len(s.rest) == 0 && s.failure == nil {
		if s.summary != nil {
			s.failure = io.EOF
			s.cancel()
		} else if err := s.persist(s.receive); err != nil {
			s.failure = err
			s.cancel()
		}
	}
	if len(s.rest) > 0 {
		return nil
	}
	return s.failure
}

// persist does a step, again after a while when the server is away.
func (s *AudioStream) persist(step func() error) error {
	for {
		err := step()
		if s.closed.Load() && err != nil {
			return ErrClosed
		}
		if codeOf(err) != codes.Unavailable || s.header != nil && !s.header.GetSeekable() {
			return err
		}
		s.frames = nil
		if s.attempts.exhausted(s.mostAttempts(err)) {
			return err
		}
		if err := s.attempts.wait(s.ctx, err); err != nil {
			if s.closed.Load() {
				return ErrClosed
			}
			return err
		}
		if s.header != nil {
			s.resumes++
		}
	}
}

func (s *AudioStream) mostAttempts(err error) int {
	var known *Error
	if s.header == nil && errors.As(err, &known) && strings.HasPrefix(known.Reason, "UPSTREAM_") {
		return startAttempts
	}
	return -1
}

// open makes a call, from the present position when there is one, and takes its header.
func (s *AudioStream) open() error {
	request := s.request
	if s.header != nil {
		request = proto.Clone(s.request).(*pb.AudioStreamRequest)
		request.Start = &pb.AudioStreamRequest_ByteOffset{ByteOffset: s.resumeOffset()}
		request.Etag = s.header.GetEtag()
	}
	if s.release != nil {
		s.release() // a call that broke may still hold its stream
	}
	ctx, release := context.WithCancel(s.ctx)
	s.release = release
	frames, err := s.client.Audio.AudioStream(ctx, request, s.options...)
	if err != nil {
		return err
	}
	first, err := frames.Recv()
	if errors.Is(err, io.EOF) {
		return incomplete("the server ended the stream without a header")
	}
	if err != nil {
		return err
	}
	if first.GetHeader() == nil {
		return broken("the server's stream does not begin with a header")
	}
	if err := s.takeHeader(first.GetHeader(), request.GetByteOffset()); err != nil {
		return err
	}
	s.frames = frames
	return nil
}

// resumeOffset returns the byte to go on with: the next one, if that is known to be one. Past the end
// there is nothing to ask for, and only the summary is missing: the last byte comes again then, and
// is left out.
func (s *AudioStream) resumeOffset() int64 {
	if s.position < s.header.GetTotalBytes() {
		return s.position
	}
	return max(s.position-1, s.header.GetByteOffset())
}

// receive takes the next frame.
func (s *AudioStream) receive() error {
	if s.frames == nil {
		if err := s.open(); err != nil {
			return err
		}
	}
	message, err := s.frames.Recv()
	if errors.Is(err, io.EOF) {
		return incomplete("the server ended the stream at byte %d without a summary", s.position)
	}
	if err != nil {
		return err
	}
	switch frame := message.GetFrame().(type) {
	case *pb.AudioStreamResponse_Chunk:
		return s.takeChunk(frame.Chunk)
	case *pb.AudioStreamResponse_Event:
		if s.onEvent != nil {
			s.onEvent(frame.Event)
		}
	case *pb.AudioStreamResponse_Summary:
		return s.takeSummary(frame.Summary)
	case *pb.AudioStreamResponse_Header:
		return broken("the server sent a second header")
	}
	return nil // a frame of a later version
}

func (s *AudioStream) takeHeader(header *pb.AudioHeader, asked int64) error {
	begins := header.GetByteOffset()
	if begins != asked {
		return broken("asked for byte %d, and the stream begins at byte %d", asked, begins)
	}
	if s.header == nil {
		s.header, s.position = header, begins
	} else if header.GetEtag() != s.header.GetEtag() || header.GetContainer() != s.header.GetContainer() {
		return &Error{Code: codes.Aborted, Reason: ErrMediaChanged.Error(),
			Message: "the song is another one since the stream broke: start again"}
	}
	s.callStart, s.callPosition = begins, begins
	return nil
}

// takeChunk keeps what is new in a chunk.
func (s *AudioStream) takeChunk(chunk *pb.AudioChunk) error {
	data, begins := chunk.GetData(), chunk.GetByteOffset()
	if begins != s.callPosition {
		return broken("byte %d was due, and byte %d came", s.callPosition, begins)
	}
	s.callPosition += int64(len(data))
	if seen := s.position - begins; seen < int64(len(data)) {
		s.rest = data[seen:]
		s.position = s.callPosition
		s.attempts.progressed()
	}
	return nil
}

// takeSummary ends the stream once everything shows that it is complete.
func (s *AudioStream) takeSummary(summary *pb.AudioSummary) error {
	came := s.callPosition - s.callStart
	if summary.GetByteCount() != came || s.callPosition != s.position {
		return incomplete("the server sent %d bytes, %d came", summary.GetByteCount(), came)
	}
	if total := s.header.GetTotalBytes(); total != 0 && s.position != total {
		return incomplete("the stream ended at byte %d of %d", s.position, total)
	}
	_, err := s.frames.Recv()
	if err == nil {
		return broken("the server sent more after the summary")
	}
	if codeOf(err) == codes.Unavailable {
		return incomplete("the stream broke after its summary: %v", err)
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	s.summary = summary
	return nil
}
