// AuthService: a function for each RPC.

package main

import (
	"context"
	"fmt"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

func beginSignIn(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Auth.BeginSignIn(ctx, &pb.BeginSignInRequest{Account: "guest", DisplayName: "Guest"})
	if err != nil {
		return err
	}
	fmt.Println("open", response.GetUrl(), "or type", response.GetUserCode(), "at", response.GetLinkUrl())
	return nil
}

func watchSignIn(ctx context.Context, music *applemusic.Client, signInID string) error {
	for status, err := range music.WatchSignIn(ctx, signInID) {
		if err != nil {
			return err
		}
		fmt.Println(status.GetState(), status.GetMessage())
	}
	return nil
}

func cancelSignIn(ctx context.Context, music *applemusic.Client, signInID string) error {
	_, err := music.Auth.CancelSignIn(ctx, &pb.CancelSignInRequest{SignInId: signInID})
	if err != nil {
		return err
	}
	fmt.Println("cancelled")
	return nil
}

func submitMusicUserToken(ctx context.Context, music *applemusic.Client, token string) error {
	// From a file that only you can read: never a literal, never on a command line.
	response, err := music.Auth.SubmitMusicUserToken(ctx, &pb.SubmitMusicUserTokenRequest{
		Account:        "guest",
		MusicUserToken: token,
	})
	if err != nil {
		return err
	}
	account := response.GetAccount()
	fmt.Println(account.GetId(), account.GetStorefront(), account.GetState())
	return nil
}

func listAccounts(ctx context.Context, music *applemusic.Client) error {
	request := &pb.ListAccountsRequest{}
	for account, err := range applemusic.All(ctx, music.Auth.ListAccounts, request, (*pb.ListAccountsResponse).GetAccounts) {
		if err != nil {
			return err
		}
		fmt.Println(account.GetId(), account.GetDisplayName(), account.GetState())
	}
	return nil
}

func getAccount(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Auth.GetAccount(ctx, &pb.GetAccountRequest{Account: "guest"})
	if err != nil {
		return err
	}
	account := response.GetAccount()
	fmt.Println(account.GetId(), account.GetSubscriptionState(), account.GetTokenAssumedExpireTime().AsTime())
	return nil
}

func watchAccounts(ctx context.Context, music *applemusic.Client) error {
	for event, err := range music.WatchAccounts(ctx) {
		if err != nil {
			return err
		}
		fmt.Println(event.GetKind(), event.GetAccount().GetId())
		break // or never: it goes on across restarts of the server
	}
	return nil
}

func renewMusicUserToken(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Auth.RenewMusicUserToken(ctx, &pb.RenewMusicUserTokenRequest{Account: "guest"})
	if err != nil {
		return err
	}
	fmt.Println(response.GetAccount().GetId(), response.GetAccount().GetTokenRenewedTime().AsTime())
	return nil
}

func signOut(ctx context.Context, music *applemusic.Client) error {
	_, err := music.Auth.SignOut(ctx, &pb.SignOutRequest{Account: "guest"})
	if err != nil {
		return err
	}
	fmt.Println("the server has forgotten guest")
	return nil
}
