/** Sends what is to be stored, again and again until the server has answered, and asks for the password when it must. */

import { csrfToken } from "./cookie.js";

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 15000;
/** Browsers let 64 kB of bodies outlive their page, all that are under way together. */
const OUTLIVES_PAGE_BYTES = 16384;
const wait = (ms) => new Promise((done) => window.setTimeout(done, ms));

function headers(openedBy) {
  return {
    "X-Opened-By": openedBy,
    "Content-Type": "application/json",
    Accept: "application/json",
    "X-CSRFToken": csrfToken(),
    "X-Stay-On-Page": "1",
  };
}

/** Resolves when the browser is online again, or after the pause. */
function connection(ms) {
  return Promise.race([wait(ms), new Promise((done) => window.addEventListener("online", done, { once: true }))]);
}

export function createOutbox({ onChange, openedBy = "" }) {
  let underway = 0;
  let waiting = null;
  const settled = [];

  const outbox = {
    offline: false,
    signedOut: false,
    refused: "",
    get busy() {
      return underway > 0;
    },

    /**
     * Send one body; resolves with the answer. Rejects only for what no repetition would mend. What is under way when
     * the page is left arrives all the same.
     */
    async post(address, body) {
      underway += 1;
      onChange(outbox);
      let pause = FIRST_RETRY_MS;
      try {
        for (;;) {
          const answer = await attempt(address, JSON.stringify(body));
          if (answer.done) return answer.body;
          if (answer.signedOut) await outbox.askToSignIn();
          else if (answer.refused) throw new Error(answer.refused);
          else {
            outbox.offline = true;
            onChange(outbox);
            await connection(pause);
            pause = Math.min(pause * 2, LAST_RETRY_MS);
          }
        }
      } finally {
        underway -= 1;
        onChange(outbox);
        // Whoever waited for this answer takes it first.
        if (!underway) window.setTimeout(() => settled.splice(0).forEach((tell) => tell()));
      }
    },

    /** Resolves when nothing is under way and every answer has been taken. */
    settled() {
      return underway ? new Promise((done) => settled.push(done)) : Promise.resolve();
    },

    /** Opens the dialogue once, whoever asks; resolves when somebody has signed in. */
    askToSignIn() {
      waiting ??= import("./sign-in-again.js")
        .then(({ signIn }) => signIn(outbox, onChange), () => wait(FIRST_RETRY_MS))
        .finally(() => {
          waiting = null;
        });
      return waiting;
    },
  };

  async function attempt(address, body) {
    let answer;
    try {
      answer = await fetch(address, {
        method: "POST",
        headers: headers(openedBy),
        body,
        credentials: "same-origin",
        keepalive: body.length <= OUTLIVES_PAGE_BYTES,
      });
    } catch {
      return {};
    }
    outbox.offline = false;
    if (answer.status === 401) return { signedOut: true };
    if (answer.status >= 500 || answer.status === 429) return {};
    if (answer.status === 409) {
      const said = await answer.json().catch(() => ({}));
      if (said.detail) {
        outbox.refused = said.detail;
        return { refused: said.detail };
      }
    }
    if (!answer.ok) {
      outbox.refused =
        answer.status === 404
          ? gettext("Not saved: this record is no longer there.")
          : interpolate(gettext("Not saved: the server refused (%(status)s)."), { status: answer.status }, true);
      return { refused: outbox.refused };
    }
    try {
      return { done: true, body: await answer.json() };
    } catch {
      return {}; // the connection broke off in the middle of the answer
    }
  }

  return outbox;
}
