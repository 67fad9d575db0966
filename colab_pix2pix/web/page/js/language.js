/**
 * What visitors read, in their language. English stands in the code and in index.html; what it is in other
 * languages is in catalogue.js, which `web/building.py` makes of `colab_pix2pix/languages/`.
 */

import { CATALOGUES, LANGUAGES } from "./catalogue.js";
import { byId } from "./dom.js";
import { readUrlSettings } from "./interface/url_settings.js";

const READ_ALOUD = ["aria-label", "title", "placeholder"];
/** What whoever made the page has written. */
const NOT_OURS = "h1, #signature, #model-label, script, style, svg, #language";

/** The code of the language: of the address, else the first that the visitor's browser asks for. */
export const LANGUAGE = firstKnown([readUrlSettings().lang ?? "", ...navigator.languages]);

function firstKnown(tags) {
  const codes = tags.map((tag) => tag.toLowerCase().split("-")[0]);
  return codes.find((code) => Object.hasOwn(LANGUAGES, code)) ?? "en";
}

/**
 * @param {string} message An English sentence.
 * @param {object} values What its {names} stand for.
 * @returns {string} The same in the visitor's language.
 */
export function _(message, values = {}) {
  const text = CATALOGUES[LANGUAGE]?.[message] ?? message;
  return text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** @returns {string} The message itself: it is for `_`, where it is shown. */
export function N_(message) {
  return message;
}

/** Puts all that stands in index.html into the visitor's language, and offers the others. */
export function translatePage() {
  const menu = byId("language");
  menu.replaceChildren(...Object.entries(LANGUAGES).map(([code, name]) => new Option(name, code)));
  menu.value = LANGUAGE;
  menu.onchange = () => {
    const params = new URLSearchParams(location.hash.slice(1));
    params.set("lang", menu.value);
    location.hash = params; // the page is loaded again
  };
  document.documentElement.lang = LANGUAGE;
  if (LANGUAGE === "en") return;
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest(NOT_OURS)) continue;
    for (const name of READ_ALOUD) {
      if (element.hasAttribute(name)) element.setAttribute(name, _(element.getAttribute(name)));
    }
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) node.data = node.data.replace(/\S.*\S/s, (text) => _(text));
    }
  }
}
