// SPDX-License-Identifier: MIT
// The keys, as a dialog.

import { button, h } from "./dom.js";

const KEYS = [
  ["j k ↓ ↑", "next, previous exchange"],
  ["Page, Home, End", "a screen on, first, last"],
  ["← →", "fold, unfold what happened"],
  ["Enter", "into the bytes"],
  ["/", "filter"],
  ["e E", "next, previous exchange that failed"],
  ["g G", "next, previous finding"],
  ["n", "note on the exchange, or on the lit bytes"],
  ["1 to 6", "tabs: bytes, wire, findings, story, files, notes"],
  ["[ ]", "back and forth among exchanges that you looked at"],
  ["Escape", "back to the list"],
  ["?", "this help"],
];

export class Help {
  constructor() {
    const rows = KEYS.flatMap(([keys, meaning]) => [
      h("dt", {}, keys.split(" ").map((key) => (/^(to|,)$/.test(key) ? h("span", { text: ` ${key} ` }) : h("kbd", { text: key })))),
      h("dd", { text: meaning })]);
    this.element = h("dialog", { class: "ce-help", "aria-label": "keys" },
      h("h2", { text: "Keys" }), h("dl", {}, rows),
      h("p", { class: "ce-actions" }, button("Close", { class: "ce-primary", onclick: () => this.element.close() })));
    this.element.addEventListener("keydown", (event) => event.stopPropagation());
    this.element.addEventListener("click", (event) => {
      if (event.target === this.element) this.element.close();
    });
  }

  show() {
    this.element.showModal();
  }
}
