// SPDX-License-Identifier: MIT
// The host of a saved page: all data stand in it, and notes are kept by the browser.

import { fromBase64 } from "./chunks.js";
import { KEEPING, keptNotes } from "./keeping.js";
import { show } from "./shell.js";

class PageHost {
  constructor() {
    this.setup = JSON.parse(new TextDecoder().decode(this.bytes("setup")));
    Object.assign(this, KEEPING);
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
    return { ...this.setup.notes, ...keptNotes(key) };
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
