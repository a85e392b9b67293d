package applemusic_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

// whoami answers with what the call showed.
func whoami() *fake {
	return &fake{info: func(ctx context.Context, r *pb.GetServerInfoRequest) (*pb.GetServerInfoResponse, error) {
		return &pb.GetServerInfoResponse{
			State: pb.ServerState_SERVER_STATE_READY, TeamId: header(ctx, "authorization"), Account: r.GetAccount(),
		}, nil
	}}
}

func ask(t *testing.T, music *applemusic.Client) (*pb.GetServerInfoResponse, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	return music.Server.GetServerInfo(ctx, &pb.GetServerInfoRequest{})
}

func TestTheTokenIsShown(t *testing.T) {
	answer, err := ask(t, whoami().connect(t, applemusic.WithAccessToken("amg_1")))
	if err != nil || answer.GetTeamId() != "Bearer amg_1" {
		t.Error(answer, err)
	}
}

func TestATokenNeverTravelsInPlainTextByAccident(t *testing.T) {
	token := applemusic.WithAccessToken("amg_1")
	for _, target := range []string{"music.example:50051", "192.0.2.1:50051", "dns:///music.example:50051"} {
		if _, err := applemusic.New(target, token); err == nil {
			t.Errorf("%s was accepted", target)
		}
		if music, err := applemusic.New(target, token, applemusic.WithPlaintextToken()); err != nil {
			t.Error(err)
		} else {
			_ = music.Close()
		}
		if music, err := applemusic.New(target, token, applemusic.WithTLS(&tls.Config{})); err != nil {
			t.Error(err)
		} else {
			_ = music.Close()
		}
	}
	for _, target := range []string{"localhost:1", "127.0.0.1:1", "[::1]:1", "unix:///run/x.sock", "dns:///127.0.0.1:1"} {
		if music, err := applemusic.New(target, token); err != nil {
			t.Error(err)
		} else {
			_ = music.Close()
		}
	}
}

func TestATokenThatNoHeaderCanCarryIsNotQuoted(t *testing.T) {
	for _, token := range []string{"canary\nsecond", "canary ", "canaryé"} {
		_, err := applemusic.New("127.0.0.1:1", applemusic.WithAccessToken(token))
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", token, err)
		}
	}
}

func TestWhatIsNoAddressIsRefused(t *testing.T) {
	for _, target := range []string{
		"", "music", "music:", ":50051", "127.0.0.1", "music:0", "music:65536", "music:http", "http://127.0.0.1:50051",
	} {
		if _, err := applemusic.New(target); err == nil {
			t.Errorf("%q was accepted", target)
		}
	}
	for _, target := range []string{"music:1", "[::1]:1", "dns:///music:1", "unix:///run/s", "unix:s", "unix-abstract:s"} {
		if music, err := applemusic.New(target); err != nil {
			t.Errorf("%q: %v", target, err)
		} else if err := music.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "grpc.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := whoami()
	server.serve(t, listener)
	answer, err := ask(t, client(t, "unix://"+path, applemusic.WithAccessToken("amg_2")))
	if err != nil || answer.GetTeamId() != "Bearer amg_2" {
		t.Error(answer, err)
	}
}

func TestNoProxyStandsBeforeLoopback(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("https_proxy", "http://127.0.0.1:1")
	if _, err := ask(t, whoami().connect(t)); err != nil {
		t.Error(err)
	}
}

func TestTheClientsAccountStandsInForNone(t *testing.T) {
	server := whoami()
	music := server.connect(t, applemusic.WithAccount("anna"))
	request := &pb.GetServerInfoRequest{}
	answer, err := music.Server.GetServerInfo(t.Context(), request)
	if err != nil || answer.GetAccount() != "anna" {
		t.Error(answer, err)
	}
	if request.GetAccount() != "" {
		t.Error("the caller's request was changed")
	}
	answer, err = music.Server.GetServerInfo(t.Context(), &pb.GetServerInfoRequest{Account: "ben"})
	if err != nil || answer.GetAccount() != "ben" {
		t.Error(answer, err)
	}
	server.sync = func(*pb.SyncLibraryRequest, grpc.ServerStreamingServer[pb.SyncLibraryResponse]) error { return nil }
	for range music.SyncLibrary(t.Context(), &pb.SyncLibraryRequest{}) { //nolint:revive // ends at once
	}
	_, _ = music.Auth.GetAccount(t.Context(), &pb.GetAccountRequest{})
	_, _ = music.Auth.SignOut(t.Context(), &pb.SignOutRequest{})
	if !slices.Equal(server.accounts, []string{"anna", "anna", ""}) {
		t.Error("signing out was guessed, or reading was not:", server.accounts)
	}
}

func TestWhatIsSafeIsTriedAgainAndNothingElse(t *testing.T) {
	var calls atomic.Int32
	server := &fake{info: func(context.Context, *pb.GetServerInfoRequest) (*pb.GetServerInfoResponse, error) {
		if calls.Add(1) < 3 {
			return nil, failure(t, codes.Unavailable, "away")
		}
		return &pb.GetServerInfoResponse{}, nil
	}}
	music := server.connect(t)
	if _, err := ask(t, music); err != nil || calls.Load() != 3 {
		t.Error("reading was not tried again:", calls.Load(), err)
	}
	if _, err := music.Library.CreatePlaylist(t.Context(), &pb.CreatePlaylistRequest{}); err == nil || len(server.accounts) != 1 {
		t.Error("making was tried again:", server.accounts, err)
	}
}

func TestWaitReadyWaitsWhileItStarts(t *testing.T) {
	var calls atomic.Int32
	server := &fake{info: func(context.Context, *pb.GetServerInfoRequest) (*pb.GetServerInfoResponse, error) {
		if calls.Add(1) < 3 {
			return &pb.GetServerInfoResponse{State: pb.ServerState_SERVER_STATE_STARTING}, nil
		}
		return &pb.GetServerInfoResponse{State: pb.ServerState_SERVER_STATE_ACTION_REQUIRED}, nil
	}}
	music := server.connect(t)
	found, err := music.WaitReady(t.Context())
	if err != nil || found.GetState() != pb.ServerState_SERVER_STATE_ACTION_REQUIRED {
		t.Error(found, err)
	}
	server.info = func(context.Context, *pb.GetServerInfoRequest) (*pb.GetServerInfoResponse, error) {
		return nil, failure(t, codes.Unauthenticated, "no", info("ACCESS_TOKEN_MISSING", nil))
	}
	if _, err := music.WaitReady(t.Context()); !errors.Is(err, applemusic.ErrAccessTokenMissing) {
		t.Error(err)
	}
}

func TestWaitReadyEndsWithItsContext(t *testing.T) {
	listener := loopback(t)
	_ = listener.Close() // nobody is there
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := client(t, listener.Addr().String()).WaitReady(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestBackoffGrowsToItsMaximumAndKeepsToTheServersWord(t *testing.T) {
	backoff := applemusic.Backoff{Initial: time.Second, Maximum: 5 * time.Second, Multiplier: 2}
	for failures, wanted := range map[int]time.Duration{1: 1, 2: 2, 3: 4, 4: 5, 5: 5, 500: 5} {
		if got := backoff.Delay(failures, 1); got != wanted*time.Second {
			t.Error(failures, got)
		}
		if got := backoff.Delay(failures, 0); got != wanted*time.Second/2 {
			t.Error(failures, got)
		}
	}
	var calls []time.Time
	server := &fake{watch: func(*pb.WatchAccountsRequest, grpc.ServerStreamingServer[pb.WatchAccountsResponse]) error {
		calls = append(calls, time.Now())
		if len(calls) < 2 {
			return failure(t, codes.Unavailable, "away",
				&errdetails.RetryInfo{RetryDelay: durationpb.New(60 * time.Millisecond)})
		}
		return nil
	}}
	for _, err := range server.connect(t).WatchAccounts(t.Context()) {
		t.Error(err)
	}
	if len(calls) != 2 || calls[1].Sub(calls[0]) < 60*time.Millisecond {
		t.Error(calls)
	}
}

func TestTLSOnceAndBothWays(t *testing.T) {
	authority := newAuthority(t)
	serverPair, err := tls.LoadX509KeyPair(authority.issue(t, "server"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(authority.certificate)
	server := whoami()
	target := server.serve(t, loopback(t), grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{serverPair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	})))
	certificate, key := authority.issue(t, "client")

	both, err := applemusic.TLSFromFiles(authority.file, certificate, key, "server")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := ask(t, client(t, target, applemusic.WithTLS(both), applemusic.WithAccessToken("amg_3")))
	if err != nil || answer.GetTeamId() != "Bearer amg_3" {
		t.Error(answer, err)
	}
	for name, arguments := range map[string][4]string{
		"without a certificate": {authority.file, "", "", "server"},
		"of another name":       {authority.file, certificate, key, "other"},
		"of nobody we trust":    {"", certificate, key, "server"},
	} {
		config, err := applemusic.TLSFromFiles(arguments[0], arguments[1], arguments[2], arguments[3])
		if err != nil {
			t.Fatal(err)
		}
		var found *applemusic.Error
		once := applemusic.WithDialOptions(grpc.WithDisableRetry())
		if _, err := ask(t, client(t, target, applemusic.WithTLS(config), once)); !errors.As(err, &found) || found.Code != codes.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTLSFilesThatDoNotFit(t *testing.T) {
	authority := newAuthority(t)
	certificate, key := authority.issue(t, "client")
	for name, arguments := range map[string][3]string{
		"no such authority":      {"nothing.pem", "", ""},
		"a key as authority":     {key, "", ""},
		"a certificate alone":    {"", certificate, ""},
		"a key alone":            {"", "", key},
		"a certificate for both": {"", certificate, certificate},
	} {
		if _, err := applemusic.TLSFromFiles(arguments[0], arguments[1], arguments[2], ""); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// authority signs certificates.
type authority struct {
	folder      string
	file        string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	a := authority{folder: t.TempDir()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true,
		BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour),
	}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.certificate, err = x509.ParseCertificate(encoded); err != nil {
		t.Fatal(err)
	}
	a.file = a.write(t, "authority.pem", "CERTIFICATE", encoded)
	return a
}

// issue writes a certificate for a name and its key.
func (a authority) issue(t *testing.T, name string) (certificate, key string) {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.certificate, &own.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	return a.write(t, name+".pem", "CERTIFICATE", encoded), a.write(t, name+".key", "PRIVATE KEY", private)
}

func (a authority) write(t *testing.T, name, kind string, content []byte) string {
	t.Helper()
	path := filepath.Join(a.folder, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
