// Command go-conformance runs the scenarios that all clients have in common with the Go client.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/internal/conformance"
)

func main() {
	contextFile := flag.String("context", "", "file that says where the server is")
	flag.Parse()
	held, err := run(*contextFile, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if !held {
		os.Exit(1)
	}
}

func run(contextFile string, files []string) (bool, error) {
	var where conformance.Context
	if err := conformance.Load(contextFile, &where); err != nil {
		return false, err
	}
	scenarios := make([]conformance.Scenario, len(files))
	for index, file := range files {
		if err := conformance.Load(file, &scenarios[index]); err != nil {
			return false, fmt.Errorf("%s: %w", file, err)
		}
	}
	return conformance.Run(where, scenarios, os.Stdout)
}
