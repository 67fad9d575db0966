/** @returns {HTMLElement} The element of the page with this id. */
export function byId(id) {
  return document.getElementById(id);
}
