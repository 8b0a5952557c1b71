/**
 * Passkeys: asks the browser for one, or to make one, and sends what it answers with the form.
 *
 * `data-passkey` on a form is `get` or `create`; `data-passkey-options` names the element with what the server wants
 * (JSON), `data-passkey-from` the address that gives it. The form has a field `credential` and an element to say what
 * went wrong. A form that is hidden shows itself where the browser knows passkeys.
 */

const fromText = (text) =>
  Uint8Array.from(window.atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

const toText = (buffer) =>
  window
    .btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const listed = (keys = []) => keys.map((key) => ({ ...key, id: fromText(key.id) }));

/** An existing passkey's answer, as JSON can hold it. */
export async function askForPasskey({ publicKey }) {
  const found = await navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: fromText(publicKey.challenge),
      allowCredentials: listed(publicKey.allowCredentials),
    },
  });
  const { authenticatorData, clientDataJSON, signature, userHandle } = found.response;
  return {
    ...described(found),
    response: {
      authenticatorData: toText(authenticatorData),
      clientDataJSON: toText(clientDataJSON),
      signature: toText(signature),
      userHandle: userHandle ? toText(userHandle) : null,
    },
  };
}

/** A new passkey, as JSON can hold it. */
export async function makePasskey({ publicKey }) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...publicKey,
      challenge: fromText(publicKey.challenge),
      user: { ...publicKey.user, id: fromText(publicKey.user.id) },
      excludeCredentials: listed(publicKey.excludeCredentials),
    },
  });
  const { attestationObject, clientDataJSON } = made.response;
  return {
    ...described(made),
    response: {
      attestationObject: toText(attestationObject),
      clientDataJSON: toText(clientDataJSON),
      transports: made.response.getTransports?.() ?? [],
    },
  };
}

function described(credential) {
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    authenticatorAttachment: credential.authenticatorAttachment ?? null,
  };
}

async function optionsOf(form) {
  const { passkeyFrom, passkeyOptions } = form.dataset;
  if (!passkeyFrom) return JSON.parse(document.getElementById(passkeyOptions).textContent);
  const answer = await fetch(passkeyFrom, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  return (await answer.json()).request_options;
}

async function submit(event) {
  const form = event.target.closest?.("form[data-passkey]");
  if (!form) return;
  event.preventDefault();
  const error = form.querySelector("[role=alert]");
  error.textContent = "";
  try {
    const options = await optionsOf(form);
    const credential = form.dataset.passkey === "create" ? await makePasskey(options) : await askForPasskey(options);
    form.elements.credential.value = JSON.stringify(credential);
  } catch (refusal) {
    error.textContent =
      refusal.name === "InvalidStateError"
        ? gettext("This device holds a passkey of your account already.")
        : gettext("The browser gave no passkey. Try again.");
    return;
  }
  form.submit();
}

document.addEventListener("submit", submit);
if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey][hidden]")) form.hidden = false;
}
