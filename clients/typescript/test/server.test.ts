/** The client and the real server. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import {
  AppleMusicError,
  AudioContainer,
  ConnectionError,
  FavoriteState,
  ResourceType,
  SignInState,
  StationList,
  toDate,
  toMs,
  View,
  type AudioStream,
  type Client,
  type Song,
  type SyncChange,
} from "../src/index.js";
import { theStage } from "./shared-stage.js";
import type { Stage } from "./stage.js";

let stage: Stage;
let music: Client;
let song: Song;

before(async () => {
  stage = await theStage();
  music = stage.client();
  const found = await music.catalog.search("interlude", { types: [ResourceType.SONG] });
  const last = found.songs.toSorted((a, b) => seconds(a) - seconds(b)).at(-1);
  assert.ok(last);
  song = last; // some 20 s: two fragments
});

describe("the catalog", () => {
  it("gives one, many, and tells which are missing", async () => {
    const one = await music.catalog.getSong(song.id);
    assert.equal(one.name, song.name);
    assert.ok(toMs(one.duration ?? assert.fail()) > 1000);
    const ids = [song.id, "1", song.id];
    const many = await music.catalog.batchGetSongs(ids);
    assert.deepEqual(
      many.items.map(({ id }) => id),
      [song.id],
    );
    assert.deepEqual(many.missing, ["1"]);
  });

  it("fails by reason", async () => {
    await assert.rejects(music.catalog.getSong("1"), (error) => {
      assert.ok(error instanceof AppleMusicError);
      assert.ok(error.is("RESOURCE_NOT_FOUND"));
      assert.equal(error.code, "NOT_FOUND");
      assert.equal(error.metadata["id"], "1");
      assert.equal(error.advice, "skip");
      assert.notEqual(error.requestId, "");
      return true;
    });
    await assert.rejects(music.catalog.search(" "), (error) => {
      assert.ok(error instanceof AppleMusicError && error.is("INVALID_FIELD"));
      assert.deepEqual(
        error.violations.map(({ field }) => field),
        ["term"],
      );
      return true;
    });
  });

  it("is read page by page", async () => {
    const artist = song.artists[0]?.id ?? assert.fail();
    const all = await music.catalog.artistTopSongs(artist).toArray();
    const sizes: number[] = [];
    for await (const page of music.catalog.artistTopSongs(artist, { pageSize: 2 }).pages()) {
      sizes.push(page.items.length);
    }
    assert.ok(sizes.length > 1);
    assert.ok(sizes.every((size) => size <= 2));
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      all.length,
    );
    const pages = music.catalog.searchPages("a", { pageSize: 5, types: [ResourceType.SONG] });
    const { value } = await pages.next();
    assert.equal(value?.songs.length, 5);
    await pages.return(undefined);
  });

  it("is read as the client or the call says", async () => {
    const german = stage.client(stage.grpc, { read: { language: "de-DE", view: View.FULL } });
    const full = await german.catalog.getAlbum(song.album?.id ?? assert.fail());
    assert.ok(full.audioVariants.length > 0);
    const basic = await german.catalog.getAlbum(full.id, { view: View.BASIC });
    assert.equal(basic.audioVariants.length, 0);
    const genres = await german.catalog.genres({ language: "en-US" }).toArray();
    assert.equal(genres[0]?.id, "34");
  });

  it("is looked up and resolved", async () => {
    const isrc = await music.catalog.lookupIsrc([song.isrc]);
    assert.equal(isrc.items[0]?.isrc, song.isrc);
    const { resource } = await music.catalog.resolveUrl(song.url);
    assert.equal(resource.case, "song");
    assert.equal(resource.value.id, song.id);
  });
});

describe("the library", () => {
  it("is synced, and only what changed the next time", async () => {
    const first = await synced();
    assert.ok(first.changes.filter(({ case: kind }) => kind === "upsert").length > 10);
    const playlist = await music.library.createPlaylist("From TypeScript", {
      description: "made by a test",
      tracks: [song],
    });
    const second = await synced(first.token);
    const upserts = second.changes.flatMap((change) =>
      change.case === "upsert" ? [change.value.resource?.resource] : [],
    );
    assert.ok(
      upserts.some((each) => each?.case === "playlist" && each.value.id === playlist.id),
      "the new playlist is told",
    );
    await music.library.deletePlaylist(playlist.id);
    const third = await synced(second.token);
    assert.ok(
      third.changes.some(
        (change) => change.case === "removal" && change.value.resource?.id === playlist.id,
      ),
    );
  });

  it("goes on from a checkpoint in the middle", async () => {
    let token = "";
    const early = new Set<string>();
    for await (const change of music.library.sync({ types: [ResourceType.SONG] })) {
      if (change.case === "upsert") {
        early.add(idOf(change));
      } else if (change.case === "checkpoint") {
        token = change.value.syncToken;
        break;
      }
    }
    const rest = await synced(token, [ResourceType.SONG]);
    const all = await music.library.songs().toArray();
    const seen = new Set([...early, ...rest.changes.flatMap((each) => idOf(each) || [])]);
    assert.deepEqual(seen, new Set(all.map(({ id }) => id)));
  });

  it("refuses a token that is none", async () => {
    await assert.rejects(synced("no token"), { reason: "SYNC_TOKEN_INVALID", advice: "restart" });
  });

  it("is changed", async () => {
    const list = await music.library.createPlaylist("Two songs");
    assert.deepEqual(await music.library.addPlaylistTracks(list.id, [song, song]), []);
    await music.library.addPlaylistTracks(list.id, [song], { skipDuplicates: true });
    assert.equal((await music.library.playlistTracks(list.id).toArray()).length, 2);
    await music.library.movePlaylistTracks(list.id, { startIndex: 0, targetIndex: 1 });
    assert.equal(await music.library.removePlaylistTracks(list.id, { positions: [0] }), 1);
    const renamed = await music.library.updatePlaylist(list.id, { name: "One song" });
    assert.equal(renamed.name, "One song");
    assert.deepEqual(await music.library.replacePlaylistTracks(list.id, []), []);
    const folder = await music.library.createPlaylistFolder("A folder");
    await music.library.moveToPlaylistFolder(list, folder.id);
    const children = await music.library.folderChildren(folder.id).toArray();
    assert.equal(children[0]?.resource.value?.id, list.id);
    await music.library.deletePlaylist(list.id);
    await music.library.deletePlaylistFolder(folder.id);
    assert.deepEqual(await music.library.add([song]), []);
    assert.deepEqual(await music.library.remove([song]), []);
    const got = await music.library.batchGet([{ type: ResourceType.SONG, id: "i.nothing" }]);
    assert.deepEqual(got.missing, ["i.nothing"]);
  });

  it("has favorites", async () => {
    await music.favorites.set([song]);
    const [favorite] = await music.favorites.batchGet([song]);
    assert.equal(favorite?.state, FavoriteState.FAVORITE);
    await music.favorites.clear([song]);
    const [cleared] = await music.favorites.batchGet([song]);
    assert.equal(cleared?.state, FavoriteState.NONE);
  });
});

describe("radio and recommendations", () => {
  it("give songs", async () => {
    const station = await music.radio.seededStation(song);
    const first = await music.radio.nextTracks(station.id, { limit: 2 });
    assert.equal(first.songs.length, 2);
    const { sessionToken } = first;
    const second = await music.radio.nextTracks(station.id, { sessionToken, limit: 2 });
    assert.notEqual(second.songs[0]?.id, first.songs[0]?.id);
    assert.ok(await music.radio.stations(StationList.LIVE).first());
    const group = await music.recommendations.groups().first();
    assert.ok(group);
    assert.ok(await music.recommendations.items(group.id).first());
  });
});

describe("audio", () => {
  let whole: Buffer;

  before(async () => {
    const stream = music.audio.stream(song.id);
    whole = await bytes(stream);
    assert.equal(BigInt(whole.length), stream.header?.totalBytes);
  });

  it("is the same in two pieces", async () => {
    const first = music.audio.stream(song.id);
    const parts: Uint8Array[] = [];
    for await (const { data } of first) {
      parts.push(data);
      if (first.position > 100_000n) {
        break;
      }
    }
    assert.ok(!first.complete);
    const { position: byteOffset } = first;
    const etag = first.header?.etag;
    const second = music.audio.stream(song.id, { byteOffset, etag });
    assert.equal(sha256(Buffer.concat([...parts, await bytes(second)])), sha256(whole));
    assert.equal(second.header?.byteOffset, byteOffset);
  });

  it("begins at a time, in another container", async () => {
    const stream = music.audio.stream(song.id, {
      container: AudioContainer.ADTS,
      startMs: toMs(song.duration ?? assert.fail()) - 1000,
    });
    const sought = await bytes(stream);
    assert.ok(sought.length < whole.length);
    assert.equal(sought[0], 0xff, "an ADTS frame");
    assert.ok(toMs(stream.header?.startOffset ?? assert.fail()) > 0);
  });

  it("ends past its end, by reason", async () => {
    await assert.rejects(bytes(music.audio.stream(song.id, { byteOffset: 10 ** 9 })), {
      reason: "OFFSET_OUT_OF_RANGE",
    });
  });

  it("is prepared", async () => {
    const [prepared] = await music.audio.prepare([song.id]);
    assert.equal(prepared?.songId, song.id);
    assert.equal((await music.audio.prepared())[0]?.songId, song.id);
    assert.deepEqual(await music.audio.prepare([]), []);
  });

  it("stops at the server when the reader leaves", async () => {
    const stream = music.audio.stream(song.id);
    await stream.start();
    stream.close();
    const end = performance.now() + 5000;
    while ((await music.server.info()).activeStreamCount > 0) {
      assert.ok(performance.now() < end, "the server streams on");
    }
  });
});

describe("accounts", () => {
  it("are listed, watched and signed in", async () => {
    const accounts = await music.auth.accounts().toArray();
    assert.deepEqual(
      accounts.map(({ id }) => id),
      ["demo"],
    );
    const { value: current } = await music.auth.watchAccounts().next();
    assert.equal(current?.account?.id, "demo");
    assert.ok(toDate(current.eventTime ?? assert.fail()) instanceof Date);
    const signIn = await music.auth.beginSignIn({ account: "guest", displayName: "A guest" });
    const states: SignInState[] = [];
    for await (const { state } of music.auth.watchSignIn(signIn.signInId)) {
      states.push(state);
      if (state === SignInState.PENDING) {
        await music.auth.cancelSignIn(signIn.signInId);
      }
    }
    assert.deepEqual(states, [SignInState.PENDING, SignInState.CANCELLED]);
  });

  it("are named, or refused", async () => {
    const nobody = stage.client(stage.grpc, { account: "nobody" });
    await assert.rejects(nobody.library.songs().first(), {
      reason: "ACCOUNT_NOT_FOUND",
      advice: "sign-in",
    });
    assert.ok(await nobody.library.songs({ account: "demo" }).first());
  });
});

describe("connections", () => {
  it("go over a Unix socket", async () => {
    const near = stage.client(`unix://${stage.socket}`, { accessToken: "" });
    const info = await near.waitReady();
    assert.equal(info.contractVersion, "1.0");
    assert.equal((await bytes(near.audio.stream(song.id))).length > 0, true);
  });

  it("go over TLS, with certificates on both sides and an access token", async () => {
    stage.python("-c", CERTIFICATES, stage.folder);
    const pem = (name: string): string => join(stage.folder, name);
    const token = join(stage.folder, "token");
    const data = join(stage.folder, "tls-data");
    const create = ["-m", "applemusic_server", "access-token", "create", "ts", "--all-accounts"];
    mkdirSync(data, { mode: 0o700 });
    stage.python(...create, "--data-dir", data, "--output", token);
    const { grpc } = await stage.startServer("tls-data", {
      APPLEMUSIC_TLS__CERTIFICATE_FILE: pem("server.crt"),
      APPLEMUSIC_TLS__PRIVATE_KEY_FILE: pem("server.key"),
      APPLEMUSIC_TLS__CLIENT_CA_FILE: pem("ca.crt"),
      APPLEMUSIC_GRPC__REQUIRE_ACCESS_TOKEN: "true",
    });
    const ca = readFileSync(pem("ca.crt"));
    const cert = readFileSync(pem("client.crt"), "utf8");
    const tls = { ca, cert, key: readFileSync(pem("client.key")) };
    const accessToken = readFileSync(token, "utf8").trim();
    const safe = stage.client(grpc, { tls, accessToken });
    assert.equal((await safe.server.info()).contractVersion, "1.0");
    await assert.rejects(stage.client(grpc, { tls }).server.info(), {
      reason: "ACCESS_TOKEN_MISSING",
      advice: "tell",
    });
    for (const [options, what] of [
      [{ tls: true }, /certificate is not trusted/],
      [{ tls: { ...tls, serverName: "other.example" } }, /for another name/],
      [{ tls: { ca } }, /hangs up.*mTLS/],
      [{}, /hangs up/],
    ] as const) {
      await assert.rejects(stage.client(grpc, options).server.info(), (error) => {
        assert.ok(error instanceof ConnectionError, String(error));
        assert.match(error.message, what);
        return true;
      });
    }
    await assert.rejects(stage.client(stage.grpc, { tls: true }).server.info(), /speaks no TLS/);
  });
});

const CERTIFICATES = `
import sys
from pathlib import Path
from tests.support.certificates import Authority
folder = Path(sys.argv[1])
authority = Authority()
(folder / "ca.crt").write_bytes(authority.certificate)
authority.identity("server", ["127.0.0.1"]).write(folder, "server")
authority.identity("client").write(folder, "client")
`;

function seconds({ duration }: Song): number {
  return toMs(duration ?? assert.fail());
}

async function bytes(stream: AudioStream): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream.bytes()) {
    parts.push(part);
  }
  assert.ok(stream.complete);
  return Buffer.concat(parts);
}

function sha256(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

function idOf(change: SyncChange): string {
  return change.case === "upsert" ? (change.value.resource?.resource.value?.id ?? "") : "";
}

async function synced(
  syncToken = "",
  types: ResourceType[] = [],
): Promise<{ changes: SyncChange[]; token: string }> {
  const changes: SyncChange[] = [];
  let token = "";
  for await (const change of music.library.sync({ syncToken, types })) {
    changes.push(change);
    if (change.case === "checkpoint") {
      token = change.value.syncToken;
    }
  }
  return { changes, token };
}
