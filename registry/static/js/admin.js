/** Names Django's suggestion boxes for screen readers: the widget marks its text as a textbox and gives it no name. */

function nameSuggestions() {
  for (const shown of document.querySelectorAll(".select2-selection__rendered[role=textbox]")) {
    shown.removeAttribute("role");
    shown.removeAttribute("aria-readonly");
  }
}

// The widget is built when the document is ready, by a script that may come before or after this one.
nameSuggestions();
window.addEventListener("load", nameSuggestions);
