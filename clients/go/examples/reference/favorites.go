// FavoritesService: a function for each RPC.

package main

import (
	"context"
	"fmt"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

func setFavorites(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Favorites.SetFavorites(ctx, &pb.SetFavoritesRequest{
		Items: []*pb.ResourceRef{{Type: pb.ResourceType_RESOURCE_TYPE_SONG, Id: "1603789145"}},
		State: pb.FavoriteState_FAVORITE_STATE_FAVORITE,
	})
	if err != nil {
		return err
	}
	fmt.Println("refused by Apple:", response.GetRefusedIds())
	return nil
}

func clearFavorites(ctx context.Context, music *applemusic.Client) error {
	_, err := music.Favorites.ClearFavorites(ctx, &pb.ClearFavoritesRequest{
		Items: []*pb.ResourceRef{{Type: pb.ResourceType_RESOURCE_TYPE_SONG, Id: "1603789145"}},
	})
	if err != nil {
		return err
	}
	fmt.Println("neither a favorite nor disliked")
	return nil
}

func batchGetFavorites(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Favorites.BatchGetFavorites(ctx, &pb.BatchGetFavoritesRequest{
		Items: []*pb.ResourceRef{{Type: pb.ResourceType_RESOURCE_TYPE_SONG, Id: "1603789145"}},
	})
	if err != nil {
		return err
	}
	for _, favorite := range response.GetFavorites() {
		fmt.Println(favorite.GetItem().GetId(), favorite.GetState())
	}
	return nil
}
