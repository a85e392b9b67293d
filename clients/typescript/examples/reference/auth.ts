/** AuthService: a function for each RPC. */

import { AccountEventKind, AccountState, SignInState, toDate, type Client } from "applemusic-grpc";

export async function beginSignIn(music: Client): Promise<void> {
  const signIn = await music.auth.beginSignIn({ account: "guest", displayName: "Guest" });
  console.log("open", signIn.url, "or type", signIn.userCode, "at", signIn.linkUrl);
}

export async function watchSignIn(music: Client, signInId: string): Promise<void> {
  for await (const { state, message } of music.auth.watchSignIn(signInId)) {
    console.log(SignInState[state], message);
  }
}

export async function cancelSignIn(music: Client, signInId: string): Promise<void> {
  await music.auth.cancelSignIn(signInId);
  console.log("cancelled");
}

export async function submitMusicUserToken(music: Client, token: string): Promise<void> {
  // From a file that only you can read: never a literal, never on a command line.
  const account = await music.auth.submitMusicUserToken(token, { account: "guest" });
  console.log(account.id, account.storefront, AccountState[account.state]);
}

export async function listAccounts(music: Client): Promise<void> {
  for await (const { id, displayName, state } of music.auth.accounts()) {
    console.log(id, displayName, AccountState[state]);
  }
}

export async function getAccount(music: Client): Promise<void> {
  const account = await music.auth.getAccount({ account: "guest" });
  const expires = account.tokenAssumedExpireTime;
  console.log(account.id, AccountState[account.state], expires && toDate(expires));
}

export async function watchAccounts(music: Client): Promise<void> {
  for await (const { kind, account } of music.auth.watchAccounts()) {
    console.log(AccountEventKind[kind], account?.id);
    break; // or never: it goes on across restarts of the server
  }
}

export async function renewMusicUserToken(music: Client): Promise<void> {
  const account = await music.auth.renewMusicUserToken({ account: "guest" });
  console.log(account.id, account.tokenRenewedTime && toDate(account.tokenRenewedTime));
}

export async function signOut(music: Client): Promise<void> {
  await music.auth.signOut("guest");
  console.log("the server has forgotten guest");
}
