/** A cookie's value, or an empty text. */
export function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

// Over HTTPS the cookie has the name that only this host can set.
export function csrfToken() {
  return cookie("__Host-csrftoken") || cookie("csrftoken");
}
