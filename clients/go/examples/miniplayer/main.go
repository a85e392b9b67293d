// Command miniplayer finds songs by words and plays them one after the other, through whatever
// program reads audio from its standard input:
//
//	go run ./examples/miniplayer -server 127.0.0.1:50051 "rainy days" | mpv -
//
// Songs join without a wait: the server is told what comes next.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

func main() {
	server := flag.String("server", "127.0.0.1:50051", "address of the server")
	count := flag.Int("count", 3, "most songs to play")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, *server, flag.Arg(0), *count, os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run plays the songs that are found into one writer and says what plays on the other.
func run(ctx context.Context, server, term string, count int, player, log io.Writer) error {
	music, err := applemusic.New(server, applemusic.WithAccessToken(os.Getenv("APPLEMUSIC_TOKEN")))
	if err != nil {
		return err
	}
	defer music.Close()
	found, err := music.Catalog.Search(ctx, &pb.SearchRequest{
		Term: term, Types: []pb.ResourceType{pb.ResourceType_RESOURCE_TYPE_SONG}, PageSize: int32(count)})
	if err != nil {
		return err
	}
	for index, song := range found.GetSongs() {
		fmt.Fprintf(log, "%s: %s (%s)\n", song.GetArtistName(), song.GetName(), song.GetDuration().AsDuration())
		request := applemusic.Song(song.GetId())
		request.Container = pb.AudioContainer_AUDIO_CONTAINER_ADTS // frames: songs may follow each other
		for _, next := range found.GetSongs()[index+1:] {
			request.NextSongIds = append(request.NextSongIds, next.GetId())
		}
		if err := play(ctx, music, request, player); errors.Is(err, applemusic.ErrContentWithdrawn) {
			fmt.Fprintln(log, "skipped:", err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// play writes one song.
func play(ctx context.Context, music *applemusic.Client, request *pb.AudioStreamRequest, player io.Writer) error {
	stream, err := music.OpenAudio(ctx, request)
	if err != nil {
		return err
	}
	defer stream.Close()
	_, err = io.Copy(player, stream)
	return err
}
