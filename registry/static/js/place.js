/**
 * A list keeps its place. Opening a row notes the row in the list's own address, so that the browser's "back" returns to
 * the same rows, and to the row itself; the way back in a breadcrumb leads there too. What is kept is an address, of
 * this tab only, gone with it and with the sign-out. `data-list` holds a list; its rows have an `id` each.
 */

const KEY = "list:";
const list = document.querySelector("[data-list]");

/** The address of a list, kept for breadcrumbs. Without storage they lead to its beginning, as they do without script. */
const kept = {
  read(path) {
    try {
      return sessionStorage.getItem(KEY + path);
    } catch {
      return null;
    }
  },
  write({ pathname, search, hash }) {
    try {
      sessionStorage.setItem(KEY + pathname, pathname + search + hash);
    } catch {
      // see above
    }
  },
  clear() {
    try {
      Object.keys(sessionStorage).filter((key) => key.startsWith(KEY)).forEach((key) => sessionStorage.removeItem(key));
    } catch {
      // see above
    }
  },
};

function noteRow(event) {
  const row = event.target.closest("[data-list] :is(tr, tbody)[id^=case-]");
  const link = event.target.closest("a[href]");
  const opens = link ? !link.hasAttribute("hx-get") : row?.dataset.href && !event.target.closest("button, input, label, select");
  if (!row || !opens || event.ctrlKey || event.metaKey || event.shiftKey) return;
  window.history.replaceState(window.history.state, "", `#${row.id}`);
}

/** Back at the row that was opened: the style sheet marks it, and the keyboard goes on from it. */
function arrive() {
  const id = decodeURIComponent(window.location.hash.slice(1));
  const row = id ? document.getElementById(id) : null;
  if (!row || !list.contains(row)) return;
  const { top, bottom } = row.getBoundingClientRect();
  if (top < 0 || bottom > window.innerHeight) row.scrollIntoView({ block: "center" });
  row.querySelector("a")?.focus({ preventScroll: true });
}

/** Rows have been added where the keyboard stood on "Show more": it goes on with the first of them. */
let before = -1;

function noteEnd(event) {
  if (event.detail.target?.id !== "list-rows") return;
  const onPager = document.getElementById("list-pager")?.contains(document.activeElement);
  before = onPager ? event.detail.target.children.length : -1;
}

function goOn(event) {
  if (event.detail.target?.id !== "list-rows" || before < 0) return;
  event.detail.target.children[before]?.querySelector("a")?.focus({ preventScroll: true });
  before = -1;
}

if (list) {
  document.addEventListener("click", noteRow, true);
  document.addEventListener("htmx:beforeRequest", noteEnd);
  document.addEventListener("htmx:afterSettle", goOn);
  window.addEventListener("pagehide", () => kept.write(window.location));
  // The browser itself goes to the row while the page loads, and takes the focus away as it does.
  if (document.readyState === "complete") arrive();
  else window.addEventListener("load", () => window.setTimeout(arrive));
}

for (const link of document.querySelectorAll(".breadcrumb a[href]")) {
  const { pathname, search } = new URL(link.href);
  const address = search ? null : kept.read(pathname);
  if (address) link.href = address;
}

document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action")?.endsWith("/logout/")) kept.clear();
});
