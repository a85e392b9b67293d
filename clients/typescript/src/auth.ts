/** Listeners: signing in and out, and how their tokens are doing. */

import { present, type AccountOptions, type CallOptions, type Calls } from "./calls.js";
import { IncompleteStreamError } from "./errors.js";
import {
  SignInState,
  type Account,
  type BeginSignInResponse,
  type WatchAccountsResponse,
  type WatchSignInResponse,
} from "./gen/v1.js";
import type { Pager } from "./paging.js";
import { watch } from "./reconnect.js";

/** What methods take that name an account and a person. */
export interface NamedOptions extends AccountOptions {
  /** Name to show; left out, the one that is there stays. */
  readonly displayName?: string | undefined;
}

/** What a watch takes. */
export interface WatchOptions {
  /** Ends the watch; it then fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Accounts of the server. */
export class Auth {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /**
   * Brings a music user token by hand; the server proves and keeps it. Fails, and stores nothing, with
   * `INVALID_FIELD`, `MUSIC_USER_TOKEN_REJECTED` or `MUSIC_USER_TOKEN_IN_USE`.
   *
   * @param musicUserToken The token as MusicKit or Apple's web player holds it.
   */
  async submitMusicUserToken(musicUserToken: string, options: NamedOptions = {}): Promise<Account> {
    const response = await this.#calls.raw.auth.submitMusicUserToken(
      {
        account: this.#calls.account(options),
        musicUserToken,
        displayName: options.displayName ?? "",
      },
      this.#calls.rpc(options),
    );
    return present(response.account, "account");
  }

  /** Lists the accounts that the caller may use, by id. */
  accounts(
    options: CallOptions & {
      readonly pageSize?: number | undefined;
      readonly pageToken?: string | undefined;
    } = {},
  ): Pager<Account> {
    const { raw } = this.#calls;
    return this.#calls.pager(
      options,
      ({ pageSize, pageToken }, rpc) => raw.auth.listAccounts({ pageSize, pageToken }, rpc),
      ({ accounts }) => accounts,
    );
  }

  /**
   * Returns one account; the client's own, or the server's only one, when none is named. Fails with
   * `ACCOUNT_NOT_FOUND` or `ACCOUNT_REQUIRED`.
   */
  async getAccount(options: AccountOptions = {}): Promise<Account> {
    const request = { account: this.#calls.account(options) };
    const response = await this.#calls.raw.auth.getAccount(request, this.#calls.rpc(options));
    return present(response.account, "account");
  }

  /**
   * Iterates over what happens to accounts: the present state of each, then every change.
   *
   * Goes on when the server was away; the present states then come again. Never ends by itself.
   *
   * @param accounts Accounts to watch; none for all that the caller may use.
   */
  watchAccounts(
    accounts: readonly string[] = [],
    options: WatchOptions = {},
  ): AsyncGenerator<WatchAccountsResponse, void, undefined> {
    const request = { accounts: [...accounts] };
    const { raw } = this.#calls;
    return watch(
      this.#calls,
      () => raw.auth.watchAccounts(request, this.#calls.rpc(options)),
      options.signal,
    );
  }

  /** Opens a sign-in and returns where the person continues. Each call opens another one. */
  async beginSignIn(options: NamedOptions = {}): Promise<BeginSignInResponse> {
    return this.#calls.raw.auth.beginSignIn(
      { account: this.#calls.account(options), displayName: options.displayName ?? "" },
      this.#calls.rpc(options),
    );
  }

  /**
   * Iterates over the state of a sign-in, the present one and each change, until the final one. Fails
   * with `SIGN_IN_NOT_FOUND`.
   */
  async *watchSignIn(
    signInId: string,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchSignInResponse, void, undefined> {
    const { raw } = this.#calls;
    let last = SignInState.PENDING;
    const open = (): AsyncIterable<WatchSignInResponse> =>
      raw.auth.watchSignIn({ signInId }, this.#calls.rpc(options));
    for await (const status of watch(this.#calls, open, options.signal)) {
      last = status.state;
      yield status;
    }
    if (last === SignInState.PENDING) {
      throw new IncompleteStreamError("the sign-in's stream ended before its final state");
    }
  }

  /** Ends a sign-in before the person did. */
  async cancelSignIn(signInId: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.raw.auth.cancelSignIn({ signInId }, this.#calls.rpc(options));
  }

  /**
   * Asks Apple for a new music user token now. The old token stays in use when it fails, with
   * `RENEWAL_REFUSED`, `MUSIC_USER_TOKEN_TEAM_MISMATCH` or `SERVER_BUSY`.
   */
  async renewMusicUserToken(options: AccountOptions = {}): Promise<Account> {
    const request = { account: this.#calls.account(options) };
    const response = await this.#calls.raw.auth.renewMusicUserToken(
      request,
      this.#calls.rpc(options),
    );
    return present(response.account, "account");
  }

  /**
   * Forgets an account.
   *
   * @param account Account id; never guessed.
   * @param options `revokeAtApple` also makes the token useless for every program that holds it.
   */
  async signOut(
    account: string,
    options: CallOptions & { readonly revokeAtApple?: boolean | undefined } = {},
  ): Promise<void> {
    await this.#calls.raw.auth.signOut(
      { account, revokeAtApple: options.revokeAtApple ?? false },
      this.#calls.rpc(options),
    );
  }
}
