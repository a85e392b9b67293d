package applemusic

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

const (
	userAgent = "applemusic-go"
	// A window of 8 s of audio, or 2.5 MB/s over a round trip of 100 ms: a fixed one saves the pings by
	// which it would be measured.
	windowBytes     = 256 << 10
	maxReceiveBytes = 16 << 20
	maxSendBytes    = 1 << 20
	// Servers refuse to be asked more often than every 30 s.
	keepaliveTime    = 45 * time.Second
	keepaliveTimeout = 15 * time.Second
	// gRPC's own second is long beside the burst of a stream.
	reconnectDelay = 200 * time.Millisecond
	connectTimeout = 20 * time.Second
)

// Option changes what a [Client] does; the defaults suit most.
type Option func(*settings)

type settings struct {
	account        string
	accessToken    string
	plaintextToken bool
	tls            *tls.Config
	backoff        Backoff
	dialing        []grpc.DialOption
}

func defaults() settings { return settings{backoff: DefaultBackoff} }

// WithAccount names the account of calls that name none, but for SignOut, which never guesses.
func WithAccount(id string) Option { return func(s *settings) { s.account = id } }

// WithAccessToken sends a token for this server (not one of Apple's) as "authorization: Bearer". It
// goes over TLS, to loopback or through a Unix socket; New refuses other ways.
func WithAccessToken(token string) Option { return func(s *settings) { s.accessToken = token } }

// WithPlaintextToken sends the access token in plain text to another machine, too: anybody on the
// way can read it. Only for a network that is closed, such as that of one container host.
func WithPlaintextToken() Option { return func(s *settings) { s.plaintextToken = true } }

// WithTLS talks to the server over TLS. [TLSFromFiles] makes a configuration; an empty one trusts
// what the machine trusts. Without it the client talks in plain text, which is meant for loopback
// and Unix sockets.
func WithTLS(config *tls.Config) Option { return func(s *settings) { s.tls = config } }

// WithBackoff says how broken streams are taken up again, and how readiness is waited for.
func WithBackoff(backoff Backoff) Option { return func(s *settings) { s.backoff = backoff } }

// WithDialOptions passes options on to gRPC, after those of this package: interceptors and stats
// handlers for tracing, say, or another dialer. Interceptors see errors as [*Error].
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) { s.dialing = append(s.dialing, options...) }
}

// TLSFromFiles makes a TLS configuration of PEM files; "" leaves one out.
//
// caFile holds the certificates to trust; without it, those that the machine trusts. certFile and keyFile
// are the client's certificate and its key, where the server asks for one. serverName is the name to
// expect in the server's certificate, when it is not the host of the target.
func TLSFromFiles(caFile, certFile, keyFile, serverName string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: serverName}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, fmt.Errorf("applemusic: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("applemusic: %s holds no certificate", caFile)
		}
	}
	if (certFile == "") != (keyFile == "") {
		return nil, errors.New("applemusic: a certificate and its key go together: give both or neither")
	}
	if certFile != "" {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return nil, fmt.Errorf("applemusic: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// checkTarget refuses what gRPC would make something else of: without a port it takes that of HTTPS.
func checkTarget(target string) error {
	for _, scheme := range []string{"unix:", "unix-abstract:", "dns:", "ipv4:", "ipv6:", "vsock:", "passthrough:"} {
		if strings.HasPrefix(target, scheme) {
			return nil
		}
	}
	if host, port, err := net.SplitHostPort(target); err == nil && host != "" && !strings.Contains(host, "/") {
		if number, err := strconv.ParseUint(port, 10, 16); err == nil && number != 0 {
			return nil
		}
	}
	return fmt.Errorf("applemusic: the target is host:port or unix:///path, not %q", target)
}

// checkToken refuses what no header can carry, and does not quote it.
func checkToken(token string) error {
	for _, letter := range token {
		if letter <= ' ' || letter > '~' {
			return errors.New("applemusic: the access token holds a blank, the end of a line or a letter " +
				"beyond ASCII: trim what was read of a file")
		}
	}
	return nil
}

func (s *settings) dialOptions(target string) ([]grpc.DialOption, error) {
	local := isLocal(target)
	if s.accessToken != "" && s.tls == nil && !local && !s.plaintextToken {
		return nil, fmt.Errorf("applemusic: the access token would travel to %s in plain text: use WithTLS, "+
			"or WithPlaintextToken on a closed network", target)
	}
	if err := checkToken(s.accessToken); err != nil {
		return nil, err
	}
	security := insecure.NewCredentials()
	if s.tls != nil {
		security = credentials.NewTLS(s.tls)
	}
	maxDelay := max(s.backoff.Maximum, reconnectDelay)
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(security),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithUserAgent(userAgent),
		grpc.WithInitialWindowSize(windowBytes),
		grpc.WithInitialConnWindowSize(windowBytes),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(maxReceiveBytes), grpc.MaxCallSendMsgSize(maxSendBytes)),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: reconnectDelay, Multiplier: 1.6, Jitter: 0.2, MaxDelay: maxDelay},
			MinConnectTimeout: connectTimeout,
		}),
		grpc.WithChainUnaryInterceptor(s.unary),
		grpc.WithChainStreamInterceptor(s.stream),
	}
	if local {
		// A proxy of the environment is another machine, to which loopback is its own.
		options = append(options, grpc.WithNoProxy())
	}
	if s.accessToken != "" {
		options = append(options, grpc.WithPerRPCCredentials(
			bearer{token: s.accessToken, secure: s.tls != nil}))
	}
	return append(options, s.dialing...), nil
}

// bearer shows an access token with each call.
type bearer struct {
	token  string
	secure bool
}

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + b.token}, nil
}

// RequireTransportSecurity is false for loopback, sockets and closed networks: dialOptions refuses
// everything else.
func (b bearer) RequireTransportSecurity() bool { return b.secure }

// isLocal says whether a target is a Unix socket or a loopback address.
func isLocal(target string) bool {
	if strings.HasPrefix(target, "unix:") || strings.HasPrefix(target, "unix-abstract:") {
		return true
	}
	host := target[strings.LastIndex(target, "/")+1:]
	if colon := strings.LastIndex(host, ":"); colon >= 0 {
		host = host[:colon]
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
