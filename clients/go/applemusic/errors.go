package applemusic

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

const (
	errorDomain  = "applemusic.v1"
	reasonPrefix = "ERROR_REASON_"
	requestIDKey = "x-request-id"
)

var (
	// ErrIncomplete means that a stream ended before its end: what came is good, and more is missing.
	ErrIncomplete = errors.New("the stream is not complete")
	// ErrProtocol means that the server broke the contract. Compare the versions of client and server.
	ErrProtocol = errors.New("the server broke the contract")
	// ErrClosed means that the stream was closed by this program.
	ErrClosed = errors.New("the stream was closed")
)

// Reason is a reason of the contract, to be found with errors.Is in what a call failed with:
//
//	if errors.Is(err, applemusic.ErrAccountRequired) { ... }
//
// Its value is that of the ErrorReason enum.
type Reason pb.ErrorReason

// Error returns the reason's name as it is on the wire, e.g. ACCOUNT_REQUIRED.
func (r Reason) Error() string {
	return strings.TrimPrefix(pb.ErrorReason(r).String(), reasonPrefix)
}

// Error is what a call failed with. Find out what it was with errors.Is and a [Reason], or
// with the code; errors.Is also finds context.Canceled and context.DeadlineExceeded in those of
// their codes, and [ErrIncomplete] and [ErrProtocol].
type Error struct {
	// Code is the status code.
	Code codes.Code
	// Reason is the name of an ErrorReason; empty where the server gave none. It may be one that this
	// version does not know.
	Reason string
	// Message says what happened and what to do, for the person who reads the log. It may change.
	Message string
	// Metadata holds the dynamic parts of the message by key.
	Metadata map[string]string
	// RetryAfter is when trying again may help, where RetryKnown is true.
	RetryAfter time.Duration
	// RetryKnown is true if and only if the server said when trying again may help.
	RetryKnown bool
	// Violations are the fields at fault, where the request was.
	Violations []FieldViolation
	// Links are pages that say how to mend it.
	Links []HelpLink
	// RequestID names the call in the server's log; empty when the server sent none.
	RequestID string

	cause  error
	status *status.Status
}

// FieldViolation is one field of a request that breaks a rule.
type FieldViolation struct {
	// Field is the path in the request as the contract names it, e.g. song_ids[3].
	Field string
	// Description says what is wrong and what would be right.
	Description string
}

// HelpLink is where a person reads how to mend it.
type HelpLink struct {
	// Description says what is found there.
	Description string
	// URL is where it is.
	URL string
}

// Error returns reason (or code), message and fields in one line.
func (e *Error) Error() string {
	var text strings.Builder
	if e.Reason != "" {
		text.WriteString(e.Reason)
	} else {
		text.WriteString(codeName(e.Code))
	}
	text.WriteString(": " + e.Message)
	for _, violation := range e.Violations {
		if !strings.Contains(e.Message, violation.Description) {
			fmt.Fprintf(&text, "; %s: %s", violation.Field, violation.Description)
		}
	}
	if e.RequestID != "" {
		fmt.Fprintf(&text, " (request %s)", e.RequestID)
	}
	return text.String()
}

// Is says whether the error has a [Reason], or is of a context's end.
func (e *Error) Is(target error) bool {
	if reason, ok := target.(Reason); ok {
		return reason.Error() == e.Reason
	}
	return target == context.Canceled && e.Code == codes.Canceled ||
		target == context.DeadlineExceeded && e.Code == codes.DeadlineExceeded
}

// Unwrap returns [ErrIncomplete], [ErrProtocol] or [ErrClosed] where the client itself found the
// fault, else nil.
func (e *Error) Unwrap() error { return e.cause }

// GRPCStatus returns the status, details included, for status.FromError and status.Code.
func (e *Error) GRPCStatus() *status.Status {
	if e.status == nil {
		return status.New(e.Code, e.Message)
	}
	return e.status
}

// codeOf returns the code of a failure.
func codeOf(err error) codes.Code { return status.Code(err) }

// translate makes an [*Error] of what gRPC says; nil and what is no status stay what they are.
func translate(err error, trailer metadata.MD) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	state, ok := status.FromError(err)
	if !ok {
		return err
	}
	if ofTheTransport(state) {
		state = status.New(codes.Unavailable, state.Message())
	}
	found := &Error{Code: state.Code(), Message: state.Message(), status: state}
	for _, detail := range state.Details() {
		found.take(detail)
	}
	if ids := trailer.Get(requestIDKey); found.RequestID == "" && len(ids) > 0 {
		found.RequestID = ids[0]
	}
	return found
}

// ofTheTransport says whether a status tells of a connection, not of the call: a server that is gone
// before it has looked at a call resets it, which looks as if somebody had cancelled it, and a proxy
// whose server goes in the middle of a stream does it with another code, or ends the stream without
// any status (nginx). Our server always says a reason.
func ofTheTransport(state *status.Status) bool {
	if len(state.Details()) > 0 || state.Code() != codes.Canceled && state.Code() != codes.Internal {
		return false
	}
	return strings.Contains(state.Message(), "RST_STREAM") ||
		strings.Contains(state.Message(), "without sending trailers")
}

// take notes one detail of a status; those of other kinds are left out.
func (e *Error) take(detail any) {
	switch d := detail.(type) {
	case *errdetails.ErrorInfo:
		if d.GetDomain() == errorDomain {
			e.Reason, e.Metadata = d.GetReason(), d.GetMetadata()
		}
	case *errdetails.BadRequest:
		for _, v := range d.GetFieldViolations() {
			e.Violations = append(e.Violations, FieldViolation{v.GetField(), v.GetDescription()})
		}
	case *errdetails.RetryInfo:
		if delay := d.GetRetryDelay(); delay != nil {
			e.RetryAfter, e.RetryKnown = delay.AsDuration(), true
		}
	case *errdetails.Help:
		for _, link := range d.GetLinks() {
			e.Links = append(e.Links, HelpLink{link.GetDescription(), link.GetUrl()})
		}
	case *errdetails.RequestInfo:
		e.RequestID = d.GetRequestId()
	}
}

// incomplete and broken are what the client finds itself.
func incomplete(format string, parts ...any) *Error {
	return &Error{Code: codes.DataLoss, Message: fmt.Sprintf(format, parts...), cause: ErrIncomplete}
}

func broken(format string, parts ...any) *Error {
	return &Error{Code: codes.Internal, Message: fmt.Sprintf(format, parts...), cause: ErrProtocol}
}

// codeName returns a code as the contract writes it, e.g. NOT_FOUND.
func codeName(code codes.Code) string {
	var name strings.Builder
	for index, letter := range code.String() {
		if index > 0 && letter >= 'A' && letter <= 'Z' && code != codes.OK {
			name.WriteByte('_')
		}
		name.WriteRune(letter)
	}
	return strings.ToUpper(name.String())
}
