// RecommendationService: a function for each RPC.

package main

import (
	"context"
	"fmt"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

func listRecommendations(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListRecommendationsRequest{}
	for group, err := range applemusic.All(ctx, music.Recommendations.ListRecommendations, request, (*pb.ListRecommendationsResponse).GetRecommendations) {
		if err != nil {
			return err
		}
		fmt.Println(group.GetId(), group.GetTitle(), len(group.GetItems()), "items")
	}
	return nil
}

func listRecommendationItems(ctx context.Context, music *applemusic.Client, recommendationID string) error {
	request := &pb.ListRecommendationItemsRequest{RecommendationId: recommendationID}
	for item, err := range applemusic.All(ctx, music.Recommendations.ListRecommendationItems, request, (*pb.ListRecommendationItemsResponse).GetResources) {
		if err != nil {
			return err
		}
		switch heard := item.GetResource().(type) {
		case *pb.Resource_Album:
			fmt.Println("album", heard.Album.GetName())
		case *pb.Resource_Playlist:
			fmt.Println("playlist", heard.Playlist.GetName())
		case *pb.Resource_Station:
			fmt.Println("station", heard.Station.GetName())
		}
	}
	return nil
}

func listRecentlyPlayed(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListRecentlyPlayedRequest{}
	for item, err := range applemusic.All(ctx, music.Recommendations.ListRecentlyPlayed, request, (*pb.ListRecentlyPlayedResponse).GetResources) {
		if err != nil {
			return err
		}
		switch heard := item.GetResource().(type) {
		case *pb.Resource_Album:
			fmt.Println("album", heard.Album.GetName())
		case *pb.Resource_Playlist:
			fmt.Println("playlist", heard.Playlist.GetName())
		case *pb.Resource_Station:
			fmt.Println("station", heard.Station.GetName())
		}
	}
	return nil
}

func listRecentlyPlayedTracks(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Recommendations.ListRecentlyPlayedTracks(ctx, &pb.ListRecentlyPlayedTracksRequest{PageSize: 5})
	if err != nil {
		return err
	}
	for _, track := range response.GetTracks() {
		fmt.Println(track.GetSong().GetName(), "by", track.GetSong().GetArtistName())
	}
	return nil
}

func listHeavyRotation(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListHeavyRotationRequest{}
	for item, err := range applemusic.All(ctx, music.Recommendations.ListHeavyRotation, request, (*pb.ListHeavyRotationResponse).GetResources) {
		if err != nil {
			return err
		}
		switch heard := item.GetResource().(type) {
		case *pb.Resource_Album:
			fmt.Println("album", heard.Album.GetName())
		case *pb.Resource_Playlist:
			fmt.Println("playlist", heard.Playlist.GetName())
		case *pb.Resource_Station:
			fmt.Println("station", heard.Station.GetName())
		}
	}
	return nil
}

func getReplay(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Recommendations.GetReplay(ctx, &pb.GetReplayRequest{})
	if err != nil {
		return err
	}
	for _, top := range response.GetTopSongs() {
		fmt.Println(response.GetYear(), top.GetResource().GetSong().GetName(), top.GetPlayCount())
	}
	return nil
}
