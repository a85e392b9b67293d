// Command go-plugin-host starts applemusic-server as hosts of HashiCorp's go-plugin do, makes one
// call of the contract, ends it, and prints what it saw as a line of JSON.
//
//	go-plugin-host [-mtls] [-version N] applemusic-server serve --plugin ...
package main

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"time"

	hclog "github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

const patience = 60 * time.Second

// seen is what the test reads. Info holds the bytes of a GetServerInfoResponse.
type seen struct {
	Error       string
	Protocol    string
	Version     int
	Info        []byte
	EndSeconds  float64
	EndedItself bool
}

// channel is a plugin without an interface of its own: the connection is all that is wanted.
type channel struct{ plugin.NetRPCUnsupportedPlugin }

func (channel) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }

func (channel) GRPCClient(
	_ context.Context, _ *plugin.GRPCBroker, connection *grpc.ClientConn,
) (interface{}, error) {
	return connection, nil
}

func main() {
	mtls := flag.Bool("mtls", false, "ask for AutoMTLS")
	version := flag.Int("version", 1, "version of the contract that is known")
	flag.Parse()
	command := exec.Command(flag.Arg(0), flag.Args()[1:]...)
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			MagicCookieKey:   "APPLEMUSIC_PLUGIN_COOKIE",
			MagicCookieValue: "5a7887e3-8656-4843-a45a-015dfff4ac4f",
		},
		VersionedPlugins: map[int]plugin.PluginSet{*version: {"applemusic": channel{}}},
		Cmd:              command,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         *mtls,
		StartTimeout:     patience,
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Info, Output: os.Stderr}),
	})
	result := seen{}
	if err := use(client, &result); err != nil {
		result.Error = err.Error()
	}
	began := time.Now()
	client.Kill()
	result.EndSeconds = time.Since(began).Seconds()
	result.EndedItself = command.ProcessState != nil && command.ProcessState.Exited()
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		panic(err)
	}
}

func use(client *plugin.Client, result *seen) error {
	protocol, err := client.Client()
	if err != nil {
		return err
	}
	if err := protocol.Ping(); err != nil {
		return err
	}
	result.Protocol, result.Version = string(client.Protocol()), client.NegotiatedVersion()
	raw, err := protocol.Dispense("applemusic")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	// The request has no fields that are needed; of the answer, the test knows the fields.
	answer := &emptypb.Empty{}
	method := "/applemusic.v1.ServerService/GetServerInfo"
	if err := raw.(*grpc.ClientConn).Invoke(ctx, method, &emptypb.Empty{}, answer); err != nil {
		return err
	}
	result.Info, err = proto.Marshal(answer)
	return err
}
