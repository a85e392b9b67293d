// ServerService: a function for each RPC.

package main

import (
	"context"
	"fmt"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

func getServerInfo(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Server.GetServerInfo(ctx, &pb.GetServerInfoRequest{})
	if err != nil {
		return err
	}
	fmt.Println(response.GetServerVersion(), response.GetState())
	if response.GetCapabilities().GetPlayback() {
		fmt.Println("songs can be played")
	}
	return nil
}

func getDiagnostics(ctx context.Context, music *applemusic.Client) error {
	response, err := music.Server.GetDiagnostics(ctx, &pb.GetDiagnosticsRequest{Offline: true})
	if err != nil {
		return err
	}
	for _, check := range response.GetChecks() {
		fmt.Println(check.GetName(), check.GetStatus(), check.GetMessage(), check.GetRemedy())
	}
	return nil
}
