// AudioService: a function for each RPC.

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

func audioStream(ctx context.Context, music *applemusic.Client) error {
	request := applemusic.Song("1603789145")
	request.NextSongIds = []string{"1603789151"} // is ready when this song ends
	stream, err := music.OpenAudio(ctx, request)
	if err != nil {
		return err
	}
	defer stream.Close()
	fmt.Println(stream.Header().GetMimeType(), stream.Header().GetDuration().AsDuration())
	player := io.Discard // a player's standard input
	if _, err := io.Copy(player, stream); err != nil {
		return err
	}
	fmt.Println("first byte after", stream.Summary().GetFirstByteDuration().AsDuration())
	return nil
}

func prepareAudio(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Audio.PrepareAudio(ctx, &pb.PrepareAudioRequest{
		SongIds: []string{"1603789151", "1603789145"}, // the next first
	})
	if err != nil {
		return err
	}
	for _, prepared := range response.GetPrepared() {
		fmt.Println(prepared.GetSongId(), prepared.GetPreparation())
	}
	return nil
}

func listPreparedAudio(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Audio.ListPreparedAudio(ctx, &pb.ListPreparedAudioRequest{})
	if err != nil {
		return err
	}
	fmt.Println(len(response.GetPrepared()), "songs")
	for _, prepared := range response.GetPrepared() {
		fmt.Println(prepared.GetSongId(), prepared.GetPreparation())
	}
	return nil
}
