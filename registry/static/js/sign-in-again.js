/**
 * The dialogue that signs in from a page whose session has ended: the password first, then the second factor of those
 * who have one. What was typed on the page stays where it is.
 */

import { csrfToken } from "./cookie.js";

/** Resolves when somebody has signed in. */
export function signIn(outbox, onChange) {
  const dialog = document.getElementById("sign-in-again");
  const before = document.activeElement;
  outbox.signedOut = true;
  onChange(outbox);
  return new Promise((done) => {
    const form = dialog.querySelector("form");
    const error = dialog.querySelector("[role=alert]");
    const byPasskey = form.querySelector("[data-use-passkey]");
    const { password, code } = form.elements;
    let passkey = null;

    function step(name) {
      for (const part of form.querySelectorAll("[data-step]")) {
        part.hidden = part.disabled = part.dataset.step !== name;
      }
      byPasskey.hidden = !passkey;
      (name === "password" ? password : code).focus();
    }

    async function send(body) {
      error.textContent = "";
      let answer;
      try {
        answer = await fetch(form.action, {
          method: "POST",
          headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
          body,
          credentials: "same-origin",
        });
      } catch {
        error.textContent = gettext("The server cannot be reached. Try again in a moment.");
        return;
      }
      const said = await answer.json().catch(() => ({}));
      if (!answer.ok) {
        error.textContent = said.errors?.[0] ?? gettext("This did not work. Try again.");
        (password.closest("[hidden]") ? code : password).select();
      } else if (said.user) {
        leave();
      } else {
        passkey = said.second_factor?.passkey ?? null;
        password.value = code.value = "";
        step(said.second_factor ? "second-factor" : "password");
      }
    }

    function submit(event) {
      event.preventDefault();
      event.stopPropagation();
      send(new FormData(form));
    }

    async function usePasskey() {
      try {
        // Only who has a passkey needs its script; the sections of a case are light without it.
        const { askForPasskey } = await import("./passkey.js");
        const body = new FormData();
        body.set("credential", JSON.stringify(await askForPasskey(passkey)));
        await send(body);
      } catch {
        error.textContent = gettext("The passkey was not used. Try again, or enter a code.");
      }
    }

    function leave() {
      form.removeEventListener("submit", submit);
      byPasskey.removeEventListener("click", usePasskey);
      dialog.removeEventListener("cancel", keepOpen);
      password.value = code.value = "";
      dialog.close();
      outbox.signedOut = false;
      onChange(outbox);
      before?.focus?.();
      done();
    }

    // Escape would leave unsaved text behind a page that cannot save it.
    function keepOpen(event) {
      event.preventDefault();
    }

    form.addEventListener("submit", submit);
    byPasskey.addEventListener("click", usePasskey);
    dialog.addEventListener("cancel", keepOpen);
    dialog.showModal();
    step("password");
  });
}
