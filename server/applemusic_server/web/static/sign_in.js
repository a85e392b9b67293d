// Walks a person through a sign-in. Nothing of it stands in the page or in its address: what it
// needs it asks the server for, and tokens live in variables only, for as long as they are needed.
"use strict";

(() => {
  const SCRIPT_TIMEOUT_MS = 20000;
  const TICKET = /^[A-Za-z0-9_-]{43}$/;
  const OWNER = "applemusic-sign-in";
  const main = document.querySelector("main");
  const onSignInPage = main.dataset.page === "sign-in";
  const framed = window.top !== window;
  const byId = (id) => document.getElementById(id);
  let csrf = "";
  let visit = null;
  let musicKit = null;

  // --- What the person sees ---------------------------------------------------------------------

  // What eyes see anyway is said to screen readers only.
  function say(text, { aloud = false } = {}) {
    byId("status").textContent = text;
    byId("status").classList.toggle("aloud", aloud);
  }

  function complain(text) {
    const problem = byId("problem");
    problem.hidden = !text;
    problem.textContent = text;
    if (!text) return;
    say("");
    problem.scrollIntoView({ block: "nearest" });
  }

  // Shows one section and moves the focus to the heading, so that a screen reader goes on there.
  function show(section, heading) {
    for (const each of main.querySelectorAll("section")) each.hidden = each.id !== section;
    if (heading) {
      byId("heading").textContent = heading;
      document.title = heading;
    }
    byId("heading").focus();
  }

  function showOver(heading, text, { codes = true } = {}) {
    complain("");
    say("");
    byId("over-text").textContent = text;
    byId("enter-code").hidden = !codes;
    show("over", heading);
  }

  // Not `disabled`, which would take the focus away from whoever pressed it.
  function busy(button, isBusy) {
    if (isBusy) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }

  // A field whose content was not right says so, and is where to go on.
  function wrong(field, isWrong) {
    if (!field) return;
    if (!isWrong) return field.removeAttribute("aria-invalid");
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }

  // --- Asking the server ------------------------------------------------------------------------

  class Refused extends Error {
    constructor(reason, message) {
      super(message);
      this.reason = reason;
    }
  }

  // Shown inside a page of another site, browsers may keep cookies and storage from this one, and
  // neither it nor MusicKit works without. To be found out before the link or the code is used up.
  function leadOut(ticket) {
    const link = byId("own-window");
    link.firstElementChild.href = location.pathname + (ticket ? `#${ticket}` : "");
    link.hidden = false;
    return new Refused("IN_A_FRAME", "The browser keeps cookies and storage from this page, because "
      + "it is shown inside another one. Open it in a window of its own.");
  }

  // Addresses are relative, so the page works under any path that a proxy puts before it.
  async function ask(what, fields) {
    let response;
    try {
      response = await fetch(`sign-in/${what}`, {
        method: "POST",
        body: new URLSearchParams(fields),
        credentials: "same-origin",
        redirect: "error",
      });
    } catch {
      throw new Refused("OFFLINE", "The server does not answer. Is it running? Try again.");
    }
    const answer = await response.json().catch(() => null);
    if (answer === null || typeof answer !== "object") {
      throw new Refused("UNREADABLE", "Something between this page and the server gave another answer.");
    }
    if (response.ok) return answer;
    // In another site's frame, without TLS, there is no cookie that a browser would take.
    if (answer.reason === "STALE_PAGE" && framed) throw leadOut(fields.ticket);
    // The browser's cookie is another sign-in's by now: a page that is loaded again would be, too.
    if (answer.reason === "STALE_PAGE" && visit !== null) {
      throw new Refused("REPLACED", "Another sign-in was opened in this browser meanwhile, or its "
        + "cookies were deleted. Nothing was signed in here. Finish the other one first, then begin "
        + "this one anew where you came from.");
    }
    throw new Refused(answer.reason, answer.message);
  }

  const isOver = (error) =>
    ["SIGN_IN_EXPIRED", "SIGN_IN_NOT_FOUND", "REPLACED"].includes(error.reason);

  // --- Apple's script ---------------------------------------------------------------------------

  // Browsers that keep nothing for a page throw when it asks.
  function storages() {
    return ["localStorage", "sessionStorage"].flatMap((name) => {
      try {
        return [window[name]];
      } catch {
        return [];
      }
    });
  }

  // MusicKit remembers whoever signed in last here and would answer with their token. Forgetting is
  // all that is needed; `unauthorize()` would make that token useless for everybody who holds it.
  function forgetMusicKit() {
    for (const storage of storages()) {
      for (const key of Object.keys(storage)) {
        if (key.startsWith("music.") || key === OWNER) storage.removeItem(key);
      }
    }
    for (const pair of document.cookie.split(";")) {
      const name = pair.split("=")[0].trim();
      if (name.startsWith("music.")) document.cookie = `${name}=; max-age=0; path=/`;
    }
  }

  // All tabs of a browser share what MusicKit keeps, and another one may hold another sign-in: beside
  // it stands whose it is, and what is not this sign-in's is forgotten. What is stays: in a view
  // without pop-ups MusicKit comes back by loading the page again.
  function ownMusicKit() {
    const owner = storages()[0]?.getItem(OWNER);
    if (owner !== visit.id) forgetMusicKit();
    markMusicKit();
  }

  function markMusicKit() {
    storages()[0]?.setItem(OWNER, visit.id);
  }

  function loadMusicKit(url) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("timeout")), SCRIPT_TIMEOUT_MS);
      document.addEventListener("musickitloaded", () => {
        clearTimeout(timer);
        resolve();
      }, { once: true });
      const script = document.createElement("script");
      script.src = url;
      script.async = true;
      script.nonce = document.querySelector("script[nonce]").nonce;
      script.addEventListener("error", () => {
        clearTimeout(timer);
        reject(new Error("blocked"));
      });
      document.head.append(script);
    });
  }

  // MusicKit says nothing at all when the browser blocks its window, so watch it being opened.
  async function authorize() {
    const open = window.open;
    let blocked;
    const isBlocked = new Promise((resolve) => { blocked = resolve; });
    window.open = (...args) => {
      const opened = open.apply(window, args);
      if (opened === null) blocked("");
      return opened;
    };
    try {
      return await Promise.race([musicKit.authorize(), isBlocked.then(() => {
        throw new Refused("POPUP_BLOCKED",
          "The browser blocked Apple's window. Allow pop-ups for this page, and press the button again.");
      })]);
    } finally {
      window.open = open;
    }
  }

  async function prepare() {
    show("ready");
    say("Loading Apple's sign-in …");
    try {
      await loadMusicKit(visit.script);
    } catch {
      say("");
      byId("script-host").textContent = new URL(visit.script).host;
      show("blocked", "Apple's sign-in cannot be loaded");
      return;
    }
    try {
      const made = await MusicKit.configure({
        developerToken: visit.developer_token,
        app: { name: visit.app, build: "1" },
      });
      musicKit = made || MusicKit.getInstance();
    } catch {
      complain("Apple's sign-in did not accept this server's developer token for this address. "
        + "Its operator can find out more with: applemusic-server config check --ask-apple");
      return;
    }
    byId("continue").disabled = false;
    say("Ready.", { aloud: true });
  }

  // --- The steps --------------------------------------------------------------------------------

  async function finish(token) {
    say("Asking Apple whether the token is good …");
    const answer = await ask("finish", { csrf, music_user_token: token });
    forgetMusicKit();
    byId("token").value = "";
    visit = null;
    complain("");
    for (const each of main.querySelectorAll(".done-who")) each.textContent = answer.who;
    byId("done-ready").hidden = !answer.plays;
    byId("done-silent").hidden = answer.plays;
    show("done", answer.plays ? "You are signed in" : "You are signed in, but nothing will play");
    say("Signed in.", { aloud: true });
  }

  async function step(button, work, field) {
    if (button.hasAttribute("aria-disabled")) return;
    complain("");
    wrong(field, false);
    busy(button, true);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // The page for codes has only one section; there a code that is used up is one more wrong one.
      if (onSignInPage && isOver(error)) return showOver("This sign-in is over", error.message);
      complain(error.message);
      wrong(field, true);
    } finally {
      busy(button, false);
    }
  }

  async function continueWithApple() {
    say("Go on in Apple's window. If you do not see it, look behind this one.");
    let token;
    ownMusicKit();
    try {
      token = await authorize();
      // Another tab may have been at it while Apple's window was open.
      markMusicKit();
    } catch (error) {
      if (error instanceof Refused) throw error;
      throw new Refused("NOT_ALLOWED",
        "Apple's window was closed, or it did not allow access. Nothing was signed in. You can try again.");
    }
    if (!token) {
      throw new Refused("NO_TOKEN", "Apple gave no token. Does this Apple Account have Apple Music?");
    }
    try {
      await finish(token);
    } catch (error) {
      // A token that Apple took back, or another listener's, or one that the sign-in of another tab
      // would find: MusicKit must not come up with it again.
      if (isOver(error)
        || ["MUSIC_USER_TOKEN_REJECTED", "MUSIC_USER_TOKEN_IN_USE"].includes(error.reason)) {
        forgetMusicKit();
      }
      throw error;
    }
  }

  // Without Apple's script a token can still come by hand: the button for Apple's window stays off.
  async function tokenByHand() {
    byId("by-token").open = true;
    show("ready", "Sign in to Apple Music");
    byId("token").focus();
  }

  async function decline() {
    await ask("decline", { csrf });
    forgetMusicKit();
    showOver("Nothing was signed in", "You can close this window.", { codes: false });
  }

  function began(answer) {
    csrf = answer.csrf;
    visit = answer.visit || null;
    if (visit === null) return;
    byId("who").textContent = visit.who;
    byId("app").textContent = visit.app;
    ownMusicKit();
  }

  async function startSignIn() {
    say("One moment …");
    const ticket = location.hash.slice(1);
    if (TICKET.test(ticket)) history.replaceState(null, "", location.pathname);
    let answer;
    try {
      if (framed && storages().length < 2) throw leadOut(TICKET.test(ticket) ? ticket : "");
      answer = await ask("start", {});
      if (TICKET.test(ticket)) {
        csrf = answer.csrf;
        answer = await ask("open", { csrf, ticket });
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (isOver(error)) return showOver("This sign-in is over", error.message);
      complain(error.message);
      return;
    }
    began(answer);
    if (visit !== null) return prepare();
    if (answer.ended) return showOver("This sign-in is over", answer.ended);
    showOver("No sign-in is open", "Open the link that your music player shows, or enter its code.");
  }

  async function startLink() {
    const button = byId("submit-code");
    byId("code-form").addEventListener("submit", (event) => {
      event.preventDefault();
      step(button, async () => {
        await ask("code", { csrf, code: byId("code").value });
        say("The code is right.");
        location.assign("sign-in");
      }, byId("code"));
    });
    try {
      if (framed && storages().length < 2) throw leadOut("");
      csrf = (await ask("start", {})).csrf;
      button.disabled = false;
      byId("code").focus();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      complain(error.message);
    }
  }

  if (!onSignInPage) {
    startLink();
    return;
  }
  const pressed = (id, work) => byId(id).addEventListener("click", () => step(byId(id), work));
  pressed("continue", continueWithApple);
  pressed("decline", decline);
  pressed("try-again", async () => location.reload());
  pressed("by-hand", tokenByHand);
  byId("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    step(byId("submit-token"), () => finish(byId("token").value.trim()), byId("token"));
  });
  startSignIn();
})();
