// Package applemusic is the Go client of the Apple Music gRPC plugin server: search the catalog, read
// and change libraries, and stream songs. It talks to a server of yours; it knows no Apple
// credentials and needs none. Not affiliated with Apple.
//
//	music, err := applemusic.New("127.0.0.1:50051")
//	if err != nil {
//		return err
//	}
//	defer music.Close()
//	stream, err := music.OpenAudio(ctx, applemusic.Song("1440857781"))
//	if err != nil {
//		return err
//	}
//	defer stream.Close()
//	_, err = io.Copy(player, stream)
//
// The generated clients of the contract are the fields of [Client]: every RPC is there, with its
// request and response as package applemusicv1 has them. What this package adds:
//
//   - errors: whatever a call fails with is an [*Error], and errors.Is finds its reason:
//     errors.Is(err, applemusic.ErrResourceNotFound);
//   - lists: [All] and [Pages] read them page by page while they are ranged over;
//   - audio: [AudioStream] is an io.Reader that takes a broken stream up again at the first missing
//     byte, and ends with io.EOF if and only if everything came;
//   - streams: [Messages] ranges over any other, [Client.WatchAccounts] and [Client.WatchSignIn]
//     open theirs again when the server was away, [Client.SyncLibrary] knows when a sync is complete;
//   - calls: deadlines and retries by the service config that all languages share, access tokens, TLS
//     and Unix sockets.
//
// Everything takes a context, and ending it ends the call.
package applemusic
