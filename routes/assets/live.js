// Keeps a page up to date: when the server says that something changed, the page is fetched again and the parts
// marked data-live are exchanged. Open details, scroll positions and unchanged images stay as they are.

const address = document.body.dataset.events;
const status = document.getElementById("live-status");
let pending = false;
let known = null;

function say(text, state) {
  if (!status) return;
  status.textContent = text;
  status.dataset.state = state;
}

function exchange(fresh) {
  const oldParts = [...document.querySelectorAll("[data-live]")];
  const newParts = [...fresh.querySelectorAll("[data-live]")];
  const sameParts = oldParts.length === newParts.length && oldParts.every((part, i) => part.id === newParts[i].id);
  if (!sameParts) {
    document.querySelector("main").replaceWith(fresh.querySelector("main"));
    return;
  }
  for (const [i, part] of oldParts.entries()) {
    const replacement = newParts[i];
    const isOpen = part.open === true;
    const left = part.querySelector(".scroll")?.scrollLeft ?? 0;
    if (part.innerHTML === replacement.innerHTML) continue;
    if (isOpen) replacement.open = true;
    part.replaceWith(replacement);
    const scroll = replacement.querySelector(".scroll");
    if (scroll) scroll.scrollLeft = left;
  }
}

async function refresh() {
  if (document.hidden) {
    pending = true;
    return;
  }
  pending = false;
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!response.ok) return;
    exchange(new DOMParser().parseFromString(await response.text(), "text/html"));
    dispatchEvent(new Event("refreshed"));
    document.body.dataset.refreshed = String(Number(document.body.dataset.refreshed ?? 0) + 1);
  } catch {
    say("offline", "off");
  }
}

if (address) {
  const source = new EventSource(address);
  source.addEventListener("open", () => say("live", "on"));
  source.addEventListener("error", () => say("reconnecting", "off"));
  source.addEventListener("change", (event) => {
    // The first event only tells where things stand: the page is as new.
    if (known !== null && known !== event.data) refresh();
    known = event.data;
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && pending) refresh();
  });
  addEventListener("pagehide", () => source.close());
}
