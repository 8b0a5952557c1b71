/** The card of a printed cell opens over the page; without script the same address is a page of its own. */

const dialog = document.getElementById("cell-dialog");

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "cell-card") return;
  dialog.showModal();
  dialog.scrollTop = 0;
});

// A click beside the card closes it, as Escape does.
dialog?.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
