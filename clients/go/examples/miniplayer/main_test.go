package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/internal/stage"
)

func TestItPlaysWhatItFinds(t *testing.T) {
	where := stage.Load(t)
	t.Setenv("APPLEMUSIC_TOKEN", where.Access["full"])
	var audio, log bytes.Buffer
	if err := run(t.Context(), where.GRPC, "interlude", 2, &audio, &log); err != nil {
		t.Fatal(err)
	}
	if strings.Count(log.String(), "Interlude") != 2 {
		t.Error(log.String())
	}
	if frames := bytes.Count(audio.Bytes(), []byte{0xff, 0xf1}); frames < 800 || audio.Bytes()[0] != 0xff {
		t.Error("that is no ADTS of two songs:", frames)
	}
}
