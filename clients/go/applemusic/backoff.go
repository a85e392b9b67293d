package applemusic

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Backoff says how to try again: waits grow from Initial by Multiplier to Maximum, and each is
// between half and all of that, so that many clients do not come back at once.
type Backoff struct {
	// Attempts is how many times to try again in a row without getting any further. 0 never tries.
	Attempts int
	// Initial is the wait before the first.
	Initial time.Duration
	// Maximum is the longest wait between two.
	Maximum time.Duration
	// Multiplier is the growth from one to the next.
	Multiplier float64
}

// DefaultBackoff outlasts a restart of the server, some 10 s on a small machine, and is back soon
// after it serves again: a song goes on before what was sent ahead of it has been played.
var DefaultBackoff = Backoff{
	Attempts: 12, Initial: 250 * time.Millisecond, Maximum: 1500 * time.Millisecond, Multiplier: 2,
}

// Delay returns how long to wait after so many failures in a row, the first being 1. chance is from
// 0 to 1.
func (b Backoff) Delay(failures int, chance float64) time.Duration {
	whole := float64(b.Initial)
	for range min(failures-1, 64) { // far beyond any maximum
		whole = min(whole*b.Multiplier, float64(b.Maximum))
	}
	return time.Duration(min(whole, float64(b.Maximum)) * (0.5 + 0.5*chance))
}

func (b Backoff) attempts() *attempts { return &attempts{backoff: b} }

// attempts counts failures in a row and waits between them.
type attempts struct {
	backoff  Backoff
	failures int
}

// progressed forgets the failures: something came.
func (a *attempts) progressed() { a.failures = 0 }

// exhausted says whether there were enough attempts; most is another limit, if it is not negative.
func (a *attempts) exhausted(most int) bool {
	limit := a.backoff.Attempts
	if most >= 0 {
		limit = min(most, limit)
	}
	return a.failures >= limit
}

// wait waits before the next attempt, at least as long as the failure says. It fails when the
// context ends first, with the failure as well.
func (a *attempts) wait(ctx context.Context, failure error) error {
	a.failures++
	delay := a.backoff.Delay(a.failures, rand.Float64())
	var known *Error
	if errors.As(failure, &known) && known.RetryKnown {
		delay = max(delay, known.RetryAfter)
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errors.Join(ctx.Err(), failure)
	}
}
