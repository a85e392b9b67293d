"use strict";
// Tabs of languages, the filter of the contents, the menu of small screens. Everything is readable without.

const KEPT = "language";
document.documentElement.classList.add("scripted");

/** What was chosen the last time; browsers may forbid a page of files to keep anything. */
function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function keep(language) {
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // The choice holds for this page alone then.
  }
}

/** Shows one language in every group of examples. */
function show(language) {
  for (const group of document.querySelectorAll(".examples")) {
    for (const section of group.querySelectorAll("section")) {
      section.hidden = section.dataset.language !== language;
    }
    for (const tab of group.querySelectorAll("[role=tab]")) {
      const chosen = tab.textContent === language;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
  }
}

/** Chooses a language and leaves the tab where it is on the screen. */
function choose(tab) {
  const before = tab.getBoundingClientRect().top;
  show(tab.textContent);
  keep(tab.textContent);
  tab.focus({ preventScroll: true });
  window.scrollBy({ top: tab.getBoundingClientRect().top - before, behavior: "instant" });
}

function tabsOf(group) {
  const tabs = document.createElement("div");
  tabs.className = "tabs";
  tabs.setAttribute("role", "tablist");
  tabs.setAttribute("aria-label", `Languages of the example of ${group.dataset.rpc}`);
  for (const section of group.querySelectorAll("section")) {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.textContent = section.dataset.language;
    tab.setAttribute("role", "tab");
    section.id = `${group.dataset.rpc}-${section.dataset.language}`.replace(/\s/g, "-");
    tab.setAttribute("aria-controls", section.id);
    section.setAttribute("role", "tabpanel");
    section.setAttribute("aria-label", section.dataset.language);
    tab.addEventListener("click", () => choose(tab));
    tabs.append(tab);
  }
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step !== undefined) {
      const all = [...tabs.querySelectorAll("[role=tab]")];
      choose(all.at((all.indexOf(document.activeElement) + step) % all.length));
    }
  });
  return tabs;
}

function copyButton(group) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    const code = group.querySelector("section:not([hidden]) code");
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return button;
}

for (const group of document.querySelectorAll(".examples")) {
  group.classList.add("tabbed");
  const tabs = tabsOf(group);
  if (navigator.clipboard !== undefined) tabs.append(copyButton(group));
  group.prepend(tabs);
}
const languages = [...document.querySelectorAll(".examples section")].map((each) => each.dataset.language);
if (languages.length > 0) show(languages.includes(kept()) ? kept() : languages[0]);
// The sections above what the address names have become shorter.
if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();

const nav = document.getElementById("nav");
const menu = document.getElementById("menu");
menu.hidden = false;
function toggle(open) {
  nav.classList.toggle("open", open);
  menu.setAttribute("aria-expanded", String(nav.classList.contains("open")));
}
menu.addEventListener("click", () => toggle());
nav.addEventListener("click", (event) => event.target.closest("a") && toggle(false));

const filter = document.getElementById("filter");
filter.parentElement.hidden = false;
const opened = new Map([...nav.querySelectorAll("details")].map((each) => [each, each.open]));
filter.addEventListener("input", () => {
  const wanted = filter.value.trim().toLowerCase();
  for (const entry of nav.querySelectorAll("li")) {
    entry.hidden = !entry.textContent.toLowerCase().includes(wanted);
  }
  for (const [group, open] of opened) {
    const found = group.querySelector("li:not([hidden])") !== null;
    group.hidden = !found;
    group.open = wanted === "" ? open : found;
  }
  for (const heading of nav.querySelectorAll("h3")) {
    heading.hidden = heading.nextElementSibling.querySelector("li:not([hidden])") === null;
  }
});
// "/" goes to the filter, as in many references.
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    toggle(true);
    filter.focus();
  }
});
nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
