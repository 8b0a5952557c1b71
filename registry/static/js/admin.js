/** Names Django's suggestion boxes for screen readers: the widget marks its text as a textbox and gives it no name. */

function nameSuggestions() {
  for (const shown of document.querySelectorAll(".select2-selection__rendered[role=textbox]")) {
    shown.removeAttribute("role");
    shown.removeAttribute("aria-readonly");
  }
}

// The widget is built by another script, when the document is ready and again for every row that is added.
new MutationObserver(nameSuggestions).observe(document.body, { childList: true, subtree: true });
nameSuggestions();
