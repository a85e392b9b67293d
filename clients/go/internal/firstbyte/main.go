// Command firstbyte times first bytes with the Go client: a program as benchmarks/clients.py
// describes it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

func main() {
	address := flag.String("address", "", "address of the server")
	song := flag.String("song", "", "song to begin")
	rounds := flag.Int("rounds", 1, "how often")
	flag.Parse()
	times, err := run(context.Background(), *address, *song, *rounds)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(map[string][]float64{"first_byte_ms": times})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run times every round; the first start is not counted.
func run(ctx context.Context, address, song string, rounds int) ([]float64, error) {
	music, err := applemusic.New(address)
	if err != nil {
		return nil, err
	}
	defer music.Close()
	if _, err := firstByte(ctx, music, song); err != nil {
		return nil, err
	}
	times := make([]float64, rounds)
	for index := range times {
		if times[index], err = firstByte(ctx, music, song); err != nil {
			return nil, err
		}
	}
	return times, nil
}

// firstByte returns the milliseconds from the call to the first byte of audio.
func firstByte(ctx context.Context, music *applemusic.Client, song string) (float64, error) {
	request := applemusic.Song(song)
	request.Container = pb.AudioContainer_AUDIO_CONTAINER_ADTS
	began := time.Now()
	stream, err := music.OpenAudio(ctx, request)
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	if _, err := stream.Read(make([]byte, 1)); err != nil {
		return 0, err
	}
	return float64(time.Since(began)) / float64(time.Millisecond), nil
}
