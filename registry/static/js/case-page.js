/** The page of a case: printing from its menu. Parts that are still closed stay closed on paper. */

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
