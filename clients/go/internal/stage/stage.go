// Package stage gives tests the real server that `python -m conformance --beside` has started.
package stage

import (
	"os"
	"testing"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/internal/conformance"
)

// Load returns where the server is, and skips the test where there is none.
func Load(t *testing.T) conformance.Context {
	t.Helper()
	path := os.Getenv("APPLEMUSIC_CONTEXT")
	if path == "" {
		t.Skip("there is no server: run `python -m conformance --beside go test -C clients/go ./...` in the repository")
	}
	var found conformance.Context
	if err := conformance.Load(path, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// Text returns a variable of the context.
func Text(t *testing.T, where conformance.Context, name string) string {
	t.Helper()
	value, ok := where.Variables[name].(string)
	if !ok {
		t.Fatalf("the context has no %q", name)
	}
	return value
}
