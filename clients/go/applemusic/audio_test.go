package applemusic_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

type sender = grpc.ServerStreamingServer[pb.AudioStreamResponse]

// song is what the fake plays.
var song = bytes.Repeat([]byte("0123456789"), 10)

func head(offset int64) *pb.AudioHeader {
	return &pb.AudioHeader{ByteOffset: offset, TotalBytes: int64(len(song)), Etag: "e1", Seekable: true,
		Container: pb.AudioContainer_AUDIO_CONTAINER_FMP4}
}

func frames(all ...any) []*pb.AudioStreamResponse {
	var made []*pb.AudioStreamResponse
	for _, each := range all {
		switch each := each.(type) {
		case *pb.AudioHeader:
			made = append(made, &pb.AudioStreamResponse{Frame: &pb.AudioStreamResponse_Header{Header: each}})
		case *pb.AudioChunk:
			made = append(made, &pb.AudioStreamResponse{Frame: &pb.AudioStreamResponse_Chunk{Chunk: each}})
		case *pb.AudioEvent:
			made = append(made, &pb.AudioStreamResponse{Frame: &pb.AudioStreamResponse_Event{Event: each}})
		case *pb.AudioSummary:
			made = append(made, &pb.AudioStreamResponse{Frame: &pb.AudioStreamResponse_Summary{Summary: each}})
		}
	}
	return made
}

func chunk(from, to int64) *pb.AudioChunk {
	return &pb.AudioChunk{ByteOffset: from, Data: song[from:to]}
}

func summary(count int64) *pb.AudioSummary { return &pb.AudioSummary{ByteCount: count} }

// call is what the fake does in one call.
type call struct {
	frames []*pb.AudioStreamResponse
	end    error
}

// player plays one call after the other, and notes what it was asked for.
func player(t *testing.T, asked *[]*pb.AudioStreamRequest, calls ...call) *applemusic.Client {
	t.Helper()
	server := &fake{audio: func(request *pb.AudioStreamRequest, s sender) error {
		*asked = append(*asked, request)
		now := calls[min(len(*asked), len(calls))-1]
		for _, frame := range now.frames {
			if err := s.Send(frame); err != nil {
				return err
			}
		}
		return now.end
	}}
	return server.connect(t)
}

func play(t *testing.T, calls ...call) ([]byte, *applemusic.AudioStream, []*pb.AudioStreamRequest, error) {
	t.Helper()
	var asked []*pb.AudioStreamRequest
	stream, err := player(t, &asked, calls...).OpenAudio(t.Context(), applemusic.Song("1"))
	if err != nil {
		return nil, nil, asked, err
	}
	defer stream.Close()
	audio, err := io.ReadAll(stream)
	return audio, stream, asked, err
}

func whole() call {
	return call{frames: frames(head(0), chunk(0, 40), chunk(40, 100), summary(100))}
}

func away(t *testing.T) error {
	return failure(t, codes.Unavailable, "away", info("SERVER_DRAINING", nil))
}

func TestASongIsAReader(t *testing.T) {
	audio, stream, asked, err := play(t, whole())
	if err != nil || !bytes.Equal(audio, song) || len(asked) != 1 || asked[0].GetSongId() != "1" {
		t.Error(audio, asked, err)
	}
	if stream.Summary().GetByteCount() != 100 || stream.Position() != 100 || stream.Resumes() != 0 || stream.Header().GetEtag() != "e1" {
		t.Errorf("%+v", stream)
	}
}

func TestItIsAGoodReader(t *testing.T) {
	var asked []*pb.AudioStreamRequest
	music := player(t, &asked, whole())
	stream, err := music.OpenAudio(t.Context(), applemusic.Song("1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(stream, song); err != nil {
		t.Error(err)
	}
	again, err := music.OpenAudio(t.Context(), applemusic.Song("1"))
	if err != nil {
		t.Fatal(err)
	}
	var copied bytes.Buffer
	if count, err := io.Copy(&copied, again); err != nil || count != 100 || !bytes.Equal(copied.Bytes(), song) {
		t.Error(count, err)
	}
}

func TestReadingByPiecesKeepsThePosition(t *testing.T) {
	var asked []*pb.AudioStreamRequest
	stream, err := player(t, &asked, whole()).OpenAudio(t.Context(), applemusic.Song("1"))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for position := int64(0); position < 63; position += 7 {
		if stream.Position() != position {
			t.Fatal(stream.Position(), position)
		}
		if _, err := io.ReadFull(stream, make([]byte, 7)); err != nil {
			t.Fatal(err)
		}
	}
	if stream.Summary() != nil {
		t.Error("there is a summary before the end")
	}
}

func TestABrokenStreamGoesOnAtTheFirstMissingByte(t *testing.T) {
	audio, stream, asked, err := play(t,
		call{frames(head(0), chunk(0, 40)), away(t)},
		call{nil, away(t)},
		call{frames(head(40), chunk(40, 70)), away(t)},
		call{frames(head(70), chunk(70, 100), summary(30)), nil},
	)
	if err != nil || !bytes.Equal(audio, song) {
		t.Fatal(string(audio), err)
	}
	if stream.Resumes() != 3 || asked[3].GetByteOffset() != 70 || asked[3].GetEtag() != "e1" || asked[3].GetSongId() != "1" {
		t.Error(stream.Resumes(), asked)
	}
}

func TestOnlyTheSummaryIsMissing(t *testing.T) {
	audio, _, asked, err := play(t,
		call{frames(head(0), chunk(0, 100)), away(t)},
		call{frames(head(99), chunk(99, 100), summary(1)), nil},
	)
	if err != nil || !bytes.Equal(audio, song) || asked[1].GetByteOffset() != 99 {
		t.Error(string(audio), asked, err)
	}
}

func TestWhereTheEndIsNotKnownTheLastByteComesAgain(t *testing.T) {
	first, second := head(0), head(39)
	first.TotalBytes, second.TotalBytes = 0, 0
	audio, _, asked, err := play(t,
		call{frames(first, chunk(0, 40)), away(t)},
		call{frames(second, chunk(39, 70), chunk(70, 100), summary(61)), nil},
	)
	if err != nil || !bytes.Equal(audio, song) || asked[1].GetByteOffset() != 39 {
		t.Error(string(audio), asked, err)
	}
}

func TestItGivesUpWhenNothingHelps(t *testing.T) {
	audio, stream, asked, err := play(t, call{frames(head(0), chunk(0, 40)), away(t)}, call{nil, away(t)})
	if !errors.Is(err, applemusic.ErrServerDraining) || len(audio) != 40 || stream.Position() != 40 {
		t.Error(len(audio), err)
	}
	if len(asked) != 1+quick.Attempts {
		t.Error(len(asked))
	}
	if _, again := stream.Read(make([]byte, 1)); !errors.Is(again, applemusic.ErrServerDraining) {
		t.Error("the failure was forgotten:", again)
	}
}

func TestAStartThatAppleDoesNotAnswerIsTriedOnceMore(t *testing.T) {
	down := call{nil, failure(t, codes.Unavailable, "no", info("UPSTREAM_UNAVAILABLE", nil))}
	if _, _, asked, err := play(t, down); !errors.Is(err, applemusic.ErrUpstreamUnavailable) || len(asked) != 2 {
		t.Error(len(asked), err)
	}
	if audio, _, _, err := play(t, down, whole()); err != nil || len(audio) != 100 {
		t.Error(len(audio), err)
	}
}

func TestRefusalsAndLiveStreamsAreNotTakenUpAgain(t *testing.T) {
	refusal := failure(t, codes.FailedPrecondition, "no", info("CONTENT_WITHDRAWN", nil))
	if _, _, asked, err := play(t, call{nil, refusal}); !errors.Is(err, applemusic.ErrContentWithdrawn) || len(asked) != 1 {
		t.Error(len(asked), err)
	}
	live := head(0)
	live.Seekable, live.TotalBytes = false, 0
	if _, _, asked, err := play(t, call{frames(live, chunk(0, 40)), away(t)}); !errors.Is(err, applemusic.ErrServerDraining) || len(asked) != 1 {
		t.Error(len(asked), err)
	}
}

func TestWhatBreaksTheContractIsToldApart(t *testing.T) {
	changed, second := head(40), head(40)
	changed.Etag = "e2"
	for name, each := range map[string]struct {
		calls  []call
		wanted error
	}{
		"no header":        {[]call{{frames(chunk(0, 40)), nil}}, applemusic.ErrProtocol},
		"nothing":          {[]call{{nil, nil}}, applemusic.ErrIncomplete},
		"two headers":      {[]call{{frames(head(0), second), nil}}, applemusic.ErrProtocol},
		"another start":    {[]call{{frames(head(40)), nil}}, applemusic.ErrProtocol},
		"a gap":            {[]call{{frames(head(0), chunk(0, 40), chunk(50, 100)), nil}}, applemusic.ErrProtocol},
		"an overlap":       {[]call{{frames(head(0), chunk(0, 40), chunk(30, 100)), nil}}, applemusic.ErrProtocol},
		"no summary":       {[]call{{frames(head(0), chunk(0, 100)), nil}}, applemusic.ErrIncomplete},
		"a wrong summary":  {[]call{{frames(head(0), chunk(0, 100), summary(99)), nil}}, applemusic.ErrIncomplete},
		"an early summary": {[]call{{frames(head(0), chunk(0, 40), summary(40)), nil}}, applemusic.ErrIncomplete},
		"more after it":    {[]call{{frames(head(0), chunk(0, 100), summary(100), summary(100)), nil}}, applemusic.ErrProtocol},
		"broken after it":  {[]call{{frames(head(0), chunk(0, 100), summary(100)), away(t)}}, applemusic.ErrIncomplete},
		"another song":     {[]call{{frames(head(0), chunk(0, 40)), away(t)}, {frames(changed), nil}}, applemusic.ErrMediaChanged},
	} {
		if _, _, _, err := play(t, each.calls...); !errors.Is(err, each.wanted) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEventsComeInOrder(t *testing.T) {
	var asked []*pb.AudioStreamRequest
	var seen []string
	stalled := &pb.AudioEvent{Kind: pb.AudioEventKind_AUDIO_EVENT_KIND_STALLED}
	music := player(t, &asked, call{frames: frames(head(0), chunk(0, 40), stalled, chunk(40, 100), summary(100))})
	stream, err := music.OpenAudio(t.Context(), applemusic.Song("1"), applemusic.WithEvents(func(event *pb.AudioEvent) {
		seen = append(seen, event.GetKind().String())
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stream, make([]byte, 40)); err != nil || len(seen) != 0 {
		t.Error(seen, err)
	}
	if _, err := io.ReadAll(stream); err != nil || len(seen) != 1 {
		t.Error(seen, err)
	}
}

// endless sends a header and a chunk, and then nothing.
func endless(ended chan<- struct{}) *fake {
	return &fake{audio: func(_ *pb.AudioStreamRequest, s sender) error {
		defer close(ended)
		for _, frame := range frames(head(0), chunk(0, 40)) {
			if err := s.Send(frame); err != nil {
				return err
			}
		}
		<-s.Context().Done()
		return s.Context().Err()
	}}
}

func TestClosingEndsTheStreamAtTheServer(t *testing.T) {
	ended := make(chan struct{})
	stream, err := endless(ended).connect(t).OpenAudio(t.Context(), applemusic.Song("1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stream, make([]byte, 40)); err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() {
		_, err := stream.Read(make([]byte, 1))
		read <- err
	}()
	_ = stream.Close()
	late, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	select {
	case err := <-read:
		if !errors.Is(err, applemusic.ErrClosed) {
			t.Error(err)
		}
	case <-late.Done():
		t.Error("reading goes on")
	}
	select {
	case <-ended:
	case <-late.Done():
		t.Error("the stream goes on at the server")
	}
}

func TestAStreamEndsWithItsContext(t *testing.T) {
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := endless(ended).connect(t).OpenAudio(ctx, applemusic.Song("1"))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(stream); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-ended
}
