/** Behaviour every page shares: rows that open, forms that are sent once, and a word when the server is out of reach. */

const INTERACTIVE = "a, button, input, label, select, textarea, summary, [contenteditable]";

/** A click anywhere on a row opens it; the link inside the row stays the way for keyboard and screen reader. */
function openRow(event) {
  const row = event.target.closest("tr[data-href]");
  if (!row || event.target.closest(INTERACTIVE) || window.getSelection().toString()) return;
  if (event.type === "auxclick" && event.button !== 1) return;
  if (event.ctrlKey || event.metaKey || event.button === 1) window.open(row.dataset.href, "_blank", "noopener");
  else window.location.assign(row.dataset.href);
}

const sent = new Set();

function release() {
  for (const button of sent) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
  sent.clear();
}

/** A second click must not store a second record. Downloads (data-download) stay on the page and are left alone. */
function sendOnce(event) {
  const form = event.target;
  if (event.defaultPrevented || form.matches("[data-download]") || form.target === "_blank") return;
  // The button's own name and value belong to the submission, so it is switched off only after that was collected.
  window.setTimeout(() => {
    for (const button of form.querySelectorAll("button:not([type=button]), input[type=submit]")) {
      if (button.disabled) continue;
      button.disabled = true;
      button.setAttribute("aria-busy", "true");
      sent.add(button);
    }
  });
}

function say(text, level) {
  const region = document.getElementById("messages");
  if (!region) return;
  for (const old of region.querySelectorAll("[data-transient]")) old.remove();
  const message = document.createElement("div");
  message.className = `message message-${level}`;
  message.dataset.transient = "";
  message.textContent = text;
  region.append(message);
}

document.addEventListener("click", openRow);
document.addEventListener("auxclick", openRow);
document.addEventListener("submit", sendOnce);
window.addEventListener("pageshow", release);

document.addEventListener("htmx:sendError", () => {
  say(gettext("The server cannot be reached. What you typed is still here; try again in a moment."), "error");
});
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  const text =
    status === 403
      ? gettext("This is not allowed, or your session has ended. Sign in again in a second tab, then try again.")
      : interpolate(gettext("The server could not do this (%(status)s). What you typed is still here."), { status }, true);
  say(text, "error");
});

// After a refused form the summary of errors is the first thing read.
document.querySelector(".error-summary[tabindex]")?.focus();
