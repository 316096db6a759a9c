// SPDX-License-Identifier: MIT
// Keys that work wherever the focus is in the explorer. They are heard on its element, never on the page: a notebook
// has keys of its own.

import { forKeys } from "./dom.js";

export function listenToKeys(explorer) {
  const hasFailed = (row) => explorer.table.failed[row];
  const hasFinding = (row) => explorer.table.findings.has(row);
  const actions = {
    "/": () => explorer.filterBox.input.focus(),
    "?": () => explorer.help.show(),
    n: () => explorer.editNote(),
    e: () => explorer.step(1, hasFailed),
    E: () => explorer.step(-1, hasFailed),
    g: () => explorer.step(1, hasFinding),
    G: () => explorer.step(-1, hasFinding),
    "[": () => explorer.revisit(explorer.visit - 1),
    "]": () => explorer.revisit(explorer.visit + 1),
    Escape: () => explorer.list.element.focus(),
  };
  [...explorer.tabs.tabs.keys()].forEach((tab, place) => {
    actions[place + 1] = () => explorer.tabs.show(tab);
  });
  explorer.element.addEventListener("keydown", forKeys((event) => {
    const action = !isText(event.target) && actions[event.key];
    if (action) action();
    return action;
  }));
}

function isText(element) {
  return /^(input|textarea|select)$/i.test(element.tagName);
}
