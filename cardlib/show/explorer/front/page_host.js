// SPDX-License-Identifier: MIT
// The host of a saved page: all data stand in it, and notes are kept by the browser.

import { KEEPING, keptNotes } from "./keeping.js";
import { partOf } from "./parts.js";
import { show } from "./shell.js";

class PageHost {
  constructor(setup) {
    this.setup = setup;
    Object.assign(this, KEEPING);
  }

  read(name) {
    return partOf(name);
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

partOf("setup").then((setup) => {
  show(document.getElementById("explorer"), new PageHost(JSON.parse(new TextDecoder().decode(setup))));
});
