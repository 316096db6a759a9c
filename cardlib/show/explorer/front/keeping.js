// SPDX-License-Identifier: MIT
// What a page of its own keeps in the browser: notes of each capture, the theme, and the state in its address.
// A browser may keep nothing for a file; then notes last as long as the page, and can be saved to a file.

import { writeLink } from "./link.js";

/** The notes of a capture that were written in this browser. */
export function keptNotes(key) {
  try {
    return JSON.parse(localStorage.getItem(`cardlib-notes-${key}`)) ?? {};
  } catch {
    return {};
  }
}

function keepNotes(key, rows) {
  keep(`cardlib-notes-${key}`, JSON.stringify(rows));
}

function keptTheme() {
  try {
    return localStorage.getItem("cardlib-theme");
  } catch {
    return null;
  }
}

function keepTheme(theme) {
  keep("cardlib-theme", theme);
}

function keep(name, text) {
  try {
    localStorage.setItem(name, text);
  } catch {
    // as above
  }
}

/** Put the state into the address of the page. */
function keepState(state) {
  try {
    history.replaceState(null, "", writeLink(state));
  } catch {
    // a frame may have no address of its own
  }
}

/** The address that opens the same state again. */
function addressOf(state) {
  return location.href.split("#")[0] + writeLink(state);
}

/** What a host of such a page has, beside its own notes. */
export const KEEPING = {
  saveNotes: keepNotes,
  theme: keptTheme,
  saveTheme: keepTheme,
  remember: keepState,
  address: addressOf,
  hash: () => location.hash,
};
