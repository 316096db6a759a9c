// SPDX-License-Identifier: MIT
// What stands in a page as text that no browser runs: data, each under a name. The browser may still be reading the page.

import { fromBase64 } from "./chunks.js";

const PAUSE = 20; // ms until it is looked again

/** The bytes of a part, as soon as the browser has read them; null where the whole page has none of that name. */
export async function partOf(name) {
  let element = elementOf(name);
  while (!element && document.readyState === "loading") {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    element = elementOf(name);
  }
  return element && fromBase64(element.textContent);
}

/** The element of a part, if it is whole: until something stands behind it, more of its text may come. */
function elementOf(name) {
  const element = document.getElementById(`chunk-${name}`);
  const isWhole = element?.nextSibling || document.readyState !== "loading";
  return isWhole ? element : null;
}
