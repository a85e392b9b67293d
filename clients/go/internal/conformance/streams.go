package conformance

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"google.golang.org/protobuf/proto"
)

const (
	readTime   = 20 * time.Second
	cancelTime = 10 * time.Second
)

// openStream reads a stream from its first message on, so that it is open before anybody asks.
type openStream struct {
	cancel context.CancelFunc
	came   chan any // messages as JSON; an error when it failed; closed at its end
	done   chan struct{}
}

func startStream(cancel context.CancelFunc, from iter.Seq2[proto.Message, error]) *openStream {
	// So many messages of one stream wait for their reader at most; scenarios are small.
	stream := &openStream{cancel: cancel, came: make(chan any, 10000), done: make(chan struct{})}
	go func() {
		defer close(stream.done)
		defer close(stream.came)
		for message, err := range from {
			var value any = err
			if err == nil {
				value, err = asJSON(message)
			}
			if err != nil {
				stream.came <- err
				return
			}
			stream.came <- value
		}
	}()
	return stream
}

// read returns the messages up to what the step says.
func (s *openStream) read(step map[string]any) (any, error) {
	limit := time.NewTimer(seconds(step["timeout"], readTime))
	defer limit.Stop()
	found := []any{}
	for {
		select {
		case <-limit.C:
			return nil, fmt.Errorf("not in time; %d messages came", len(found))
		case value, more := <-s.came:
			if !more {
				if step["end"] == true {
					return found, nil
				}
				return nil, fmt.Errorf("the stream ended after %d messages", len(found))
			}
			if failure, failed := value.(error); failed {
				return found, expectedError(step, failure)
			}
			found = append(found, value)
			if until, ok := step["until"]; ok && Mismatch(until, value, "") == "" {
				return found, nil
			}
			if float64(len(found)) == step["count"] {
				return found, nil
			}
		}
	}
}

// end cancels it and waits until it has ended.
func (s *openStream) end() error {
	s.cancel()
	select {
	case <-s.done:
		return nil
	case <-time.After(cancelTime):
		return errors.New("the stream goes on after it was cancelled")
	}
}

// expectedError says how a failure differs from the one that a step expects.
func expectedError(step map[string]any, failure error) error {
	wanted, ok := step["error"]
	if !ok {
		return fmt.Errorf("it failed: %w", failure)
	}
	seen, ok := errorAsJSON(failure)
	if !ok {
		return fmt.Errorf("it failed with what is no error of the client: %w", failure)
	}
	if found := Mismatch(wanted, seen, ""); found != "" {
		return fmt.Errorf("error: %s", found)
	}
	return nil
}

func seconds(value any, otherwise time.Duration) time.Duration {
	if number, ok := value.(float64); ok {
		return time.Duration(number * float64(time.Second))
	}
	return otherwise
}
