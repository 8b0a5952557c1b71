/** Rows that come and go by htmx: the headers they travel with, the name of the next row, and where the cursor goes. */

import { csrfToken } from "./cookie.js";

function beforeRow(event) {
  event.detail.headers["X-Stay-On-Page"] = "1";
  // Signing in again has given out another token than the one this page was drawn with.
  event.detail.headers["X-CSRFToken"] = csrfToken();
  delete event.detail.parameters.csrfmiddlewaretoken;
  const reason = document.getElementById("change-reason");
  if (reason) event.detail.parameters.reason = reason.value;
  // What goes is the row as it was seen here.
  const goes = event.detail.elt.dataset?.goes;
  const seen = goes && document.getElementById(goes)?.dataset.version;
  if (seen) event.detail.parameters.version = seen;
}

/** A row goes as it stands once its last change is stored: it would meet its own saving as somebody else's change. */
function whenStored(event, outbox) {
  if (!event.detail.elt.dataset?.goes || !outbox.busy) return;
  event.preventDefault();
  outbox.settled().then(() => event.detail.issueRequest(true));
}

function afterRow(event) {
  const arrived = event.target.closest?.("[data-new]") ?? event.target.querySelector?.("[data-new]");
  if (!arrived) return;
  arrived.removeAttribute("data-new");
  const first = arrived.querySelector("[data-first]") ?? arrived.querySelector("input:not([type=hidden]), select, textarea");
  first?.focus();
}

/** The next row gets another name; a second click before the answer carries the same one and finds the same row. */
function renewToken(event) {
  const token = event.detail.successful && event.detail.elt.elements?.token;
  if (!token) return;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  token.value = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export function watchRows(outbox) {
  document.addEventListener("htmx:configRequest", beforeRow);
  document.addEventListener("htmx:confirm", (event) => whenStored(event, outbox));
  document.addEventListener("htmx:load", afterRow);
  document.addEventListener("htmx:afterRequest", renewToken);
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) outbox.askToSignIn().then(() => window.htmx.trigger(event.detail.elt, "submit"));
  });
}
