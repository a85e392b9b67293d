// Command reference runs examples one after the other, as they are asked for: what the test of the
// reference talks to.
//
//	go run ./examples/reference 127.0.0.1:50051
//
// Each line of standard input is a JSON list: Service/Rpc, and the arguments of its example after
// the client. What the example prints is followed by a line "-- done", or "-- failed" and why.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"reflect"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
)

func main() {
	music, err := applemusic.New(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer music.Close()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var asked []string
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			log.Fatal(err)
		}
		if err := run(context.Background(), music, asked[0], asked[1:]); err != nil {
			fmt.Println("-- failed", err)
		} else {
			fmt.Println("-- done")
		}
	}
}

// run calls the example of an RPC: a function of the context, the client, and as many strings as it takes.
func run(ctx context.Context, music *applemusic.Client, rpc string, arguments []string) error {
	example, ok := examples[rpc]
	if !ok {
		return fmt.Errorf("there is no example of %q", rpc)
	}
	values := []reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(music)}
	for _, argument := range arguments {
		values = append(values, reflect.ValueOf(argument))
	}
	err, _ := reflect.ValueOf(example).Call(values)[0].Interface().(error)
	return err
}
