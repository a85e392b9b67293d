// A stand-in for MusicKit JS v3: the part that signs a listener in, and nothing that plays.
// As strict as the real one where it matters to a page: no good developer token, no instance; one
// session per origin, kept in `music.*`; silence when the browser blocks the window.
(() => {
  "use strict";
  const MINE = "/js-cdn.music.apple.com/musickit/v3/musickit.js";
  const ROOT = document.currentScript.src.split(MINE)[0];
  const WINDOW = `${ROOT}/authorize.music.apple.com`;
  const POLL_MS = 200;
  const LAST_WORDS_MS = 1000;

  class MKError extends Error {
    constructor(errorCode, description) {
      super(description);
      this.name = this.errorCode = errorCode;
      this.description = description;
    }
  }

  // The team is the token's issuer; a JSON web token is base64 without padding.
  function teamOf(developerToken) {
    try {
      const claims = developerToken.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
      return String(JSON.parse(atob(claims)).iss).toLowerCase();
    } catch {
      throw new MKError("CONFIGURATION_ERROR", "The developer token is not a JSON web token.");
    }
  }

  async function post(path, developerToken, userToken) {
    const headers = { Authorization: `Bearer ${developerToken}` };
    if (userToken) headers["Music-User-Token"] = userToken;
    return fetch(`${WINDOW}/${path}`, { method: "POST", headers });
  }

  class MusicKitInstance extends EventTarget {
    #developerToken;
    #app;
    #key;

    constructor(developerToken, app) {
      super();
      this.#developerToken = developerToken;
      this.#app = app;
      this.#key = `music.${teamOf(developerToken)}.media-user-token`;
    }

    get developerToken() { return this.#developerToken; }

    get musicUserToken() { return localStorage.getItem(this.#key) || undefined; }

    get isAuthorized() { return this.musicUserToken !== undefined; }

    // Must be called while a click is handled, or the browser blocks the window.
    async authorize() {
      if (this.isAuthorized) return this.musicUserToken;
      const token = await this.#askInWindow();
      localStorage.setItem(this.#key, token);
      this.dispatchEvent(new Event("authorizationStatusDidChange"));
      return token;
    }

    // Takes the token back at Apple's, for everybody who holds it.
    async unauthorize() {
      const token = this.musicUserToken;
      localStorage.removeItem(this.#key);
      if (token) await post("revoke", this.#developerToken, token);
      this.dispatchEvent(new Event("authorizationStatusDidChange"));
    }

    #askInWindow() {
      const opened = window.open(`${WINDOW}/woa`, "apple-music-service-view", "width=500,height=640");
      return new Promise((resolve, reject) => {
        if (opened === null) return; // the real one never settles then
        const poll = setInterval(() => {
          if (!opened.closed) return;
          clearInterval(poll);
          // What the window said last may still be on its way.
          setTimeout(() => end(() => reject(
            new MKError("AUTHORIZATION_ERROR", "Unauthorized"))), LAST_WORDS_MS);
        }, POLL_MS);
        const end = (how) => {
          clearInterval(poll);
          window.removeEventListener("message", hear);
          how();
        };
        const hear = (event) => {
          if (event.source !== opened || event.origin !== new URL(ROOT).origin) return;
          const { method, token } = event.data;
          if (method === "ready") {
            const question = { developerToken: this.#developerToken, app: this.#app };
            opened.postMessage(question, new URL(ROOT).origin);
          } else if (method === "authorize") {
            end(() => resolve(token));
          } else if (method === "decline") {
            end(() => reject(new MKError("ACCESS_DENIED", "The listener declined.")));
          }
        };
        window.addEventListener("message", hear);
      });
    }
  }

  let instance;

  window.MusicKit = {
    version: "3.0.0-simulator",
    MKError,
    async configure(options) {
      const { developerToken, app } = options || {};
      if (!developerToken || !app || !app.name) {
        throw new MKError("CONFIGURATION_ERROR", "developerToken and app.name are needed.");
      }
      const made = new MusicKitInstance(developerToken, { name: app.name, build: app.build });
      const answer = await post("check", developerToken);
      if (!answer.ok) {
        throw new MKError("CONFIGURATION_ERROR", "The developer token is not good for this page.");
      }
      instance = made;
      return instance;
    },
    getInstance: () => instance,
  };
  document.dispatchEvent(new Event("musickitloaded"));
})();
