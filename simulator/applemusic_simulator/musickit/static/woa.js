// The window that MusicKit opens: a listener signs in, approves or cancels. It remembers who was
// here last, as a browser with Apple's cookies does.
"use strict";

(() => {
  const LAST = "simulated-apple-account";
  const byId = (id) => document.getElementById(id);
  const say = (text) => { byId("status").textContent = text; };
  let page = null; // the origin that opened this window, as the browser says
  let developerToken = "";

  function answer(message) {
    window.opener.postMessage(message, page);
    window.close();
  }

  async function ask(path, fields) {
    const body = JSON.stringify({ developer_token: developerToken, origin: page, ...fields });
    return fetch(path, { method: "POST", body });
  }

  async function signIn(account) {
    say(`Signing in as ${account} …`);
    const response = await ask("tokens", { account });
    if (!response.ok) {
      say("This Apple Account cannot be used here: it is a child's.");
      return;
    }
    localStorage.setItem(LAST, account);
    answer({ method: "authorize", token: (await response.json()).music_user_token });
  }

  function offer(listeners) {
    say("");
    for (const { id } of listeners) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = id;
      button.addEventListener("click", () => signIn(id));
      byId("listeners").append(button);
    }
    const last = localStorage.getItem(LAST);
    const isKnown = listeners.some(({ id }) => id === last);
    byId("last").textContent = last;
    byId("known").hidden = !isKnown;
    byId("choose").hidden = isKnown;
    byId("continue").addEventListener("click", () => signIn(last));
    byId("another").addEventListener("click", () => {
      byId("known").hidden = true;
      byId("choose").hidden = false;
    });
  }

  window.addEventListener("message", async (event) => {
    if (page !== null || event.source !== window.opener) return;
    page = event.origin;
    developerToken = event.data.developerToken;
    byId("app").textContent = event.data.app.name;
    const response = await ask("listeners", {});
    if (response.ok) offer(await response.json());
    else say("This page may not use Apple Music: its developer token is not good for its address.");
  });
  byId("cancel").addEventListener("click", () => {
    if (page === null) window.close();
    else answer({ method: "decline" });
  });
  if (window.opener) window.opener.postMessage({ method: "ready" }, "*");
  else say("This window is opened by a page that uses MusicKit.");
})();
