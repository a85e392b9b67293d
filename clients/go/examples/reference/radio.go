// RadioService: a function for each RPC.

package main

import (
	"context"
	"fmt"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

func listStations(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListStationsRequest{List: pb.StationList_STATION_LIST_LIVE}
	for station, err := range applemusic.All(ctx, music.Radio.ListStations, request, (*pb.ListStationsResponse).GetStations) {
		if err != nil {
			return err
		}
		fmt.Println(station.GetId(), station.GetName(), "can be streamed:", station.GetPlayable())
	}
	return nil
}

func listStationGenres(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListStationGenresRequest{}
	for genre, err := range applemusic.All(ctx, music.Radio.ListStationGenres, request, (*pb.ListStationGenresResponse).GetGenres) {
		if err != nil {
			return err
		}
		fmt.Println(genre.GetId(), genre.GetName())
	}
	return nil
}

func getSeededStation(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Radio.GetSeededStation(ctx, &pb.GetSeededStationRequest{
		Seed: &pb.ResourceRef{Type: pb.ResourceType_RESOURCE_TYPE_SONG, Id: "1603789145"},
	})
	if err != nil {
		return err
	}
	fmt.Println(response.GetStation().GetId(), response.GetStation().GetName())
	return nil
}

func nextTracks(ctx context.Context, music *applemusic.Client) error {
	request := &pb.NextTracksRequest{StationId: "ra.6005892543", Limit: 5}
	for range 2 {
		response, err := music.Radio.NextTracks(ctx, request)
		if err != nil {
			return err
		}
		for _, song := range response.GetSongs() {
			fmt.Println(song.GetName(), "by", song.GetArtistName())
		}
		request.SessionToken = response.GetSessionToken() // goes on after those
	}
	return nil
}
