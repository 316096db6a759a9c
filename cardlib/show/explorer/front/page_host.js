// SPDX-License-Identifier: MIT
// The host of a saved page: all data stand in it, and notes are kept by the browser.

import { fromBase64 } from "./chunks.js";
import { writeLink } from "./link.js";
import { show } from "./shell.js";

class PageHost {
  constructor() {
    this.setup = JSON.parse(new TextDecoder().decode(this.bytes("setup")));
  }

  bytes(name) {
    const element = document.getElementById(`chunk-${name}`);
    return element && fromBase64(element.textContent);
  }

  async read(name) {
    return this.bytes(name);
  }

  /** The notes of a capture: those in the page, and over them those that were written in this browser. */
  notes(key) {
    return { ...this.setup.notes, ...this.kept(key) };
  }

  kept(key) {
    try {
      return JSON.parse(localStorage.getItem(`cardlib-notes-${key}`)) ?? {};
    } catch {
      return {}; // a browser may keep nothing for a file
    }
  }

  saveNotes(key, rows) {
    try {
      localStorage.setItem(`cardlib-notes-${key}`, JSON.stringify(rows));
    } catch {
      // as above: then they last as long as the page, and can be saved to a file
    }
  }

  theme() {
    try {
      return localStorage.getItem("cardlib-theme");
    } catch {
      return null;
    }
  }

  saveTheme(theme) {
    try {
      localStorage.setItem("cardlib-theme", theme);
    } catch {
      // as above
    }
  }

  hash() {
    return location.hash;
  }

  remember(state) {
    try {
      history.replaceState(null, "", writeLink(state));
    } catch {
      // a frame may have no address of its own
    }
  }

  address(state) {
    return location.href.split("#")[0] + writeLink(state);
  }

  /** The same for a second capture, which changes neither the address nor what is chosen. */
  quiet() {
    const host = Object.create(this);
    host.remember = undefined;
    host.setup = { ...this.setup, notes: {}, filter: "" };
    return host;
  }
}

show(document.getElementById("explorer"), new PageHost());
