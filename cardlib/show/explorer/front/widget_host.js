// SPDX-License-Identifier: MIT
// The host of a widget in a notebook: chunks are asked of Python by messages, and what the user does is a trait.

import { Growing } from "./growing.js";
import { Questions } from "./questions.js";
import { show } from "./shell.js";

class WidgetHost {
  constructor(model) {
    this.model = model;
    this.growing = (loading) => new Growing(loading);
    this.questions = new Questions();
    this.setup = { notes: {}, filter: model.get("filter"), captures: model.get("captures") };
    this.onmessage = (message, buffers) => this.receive(message, buffers);
    model.on("msg:custom", this.onmessage);
  }

  /** Ask Python for a chunk; it is answered while a cell runs, too, where the notebook has threads for that. */
  read(name) {
    return this.questions.ask((id) => this.model.send({ kind: "read", id, name }));
  }

  receive(message, buffers) {
    if (message?.kind !== "chunk") return;
    const [view] = buffers ?? [];
    const bytes = view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : null;
    this.questions.answer(message.id, bytes, message.fault);
  }

  change(name, value) {
    if (JSON.stringify(this.model.get(name)) === JSON.stringify(value)) return;
    this.model.set(name, value);
    this.model.save_changes();
  }

  notes() {
    return this.model.get("notes");
  }

  saveNotes(key, rows) {
    this.change("notes", rows);
  }

  filter(text) {
    this.change("filter", text);
  }

  chosen(number, lit) {
    this.change("chosen", lit ? [number, lit.side, lit.start, lit.stop] : [number, "response", 0, 0]);
  }

  /** What Python chose before the page was there. */
  hash() {
    const [number, side, start, stop] = this.model.get("chosen");
    if (number === undefined) return "";
    return stop > start ? `#e=${number}&b=${side}:${start}..${stop}` : `#e=${number}`;
  }

  /** Instead of a link, the call that shows the same. */
  address({ exchange, bytes }) {
    if (exchange === null) return "explorer";
    return bytes ? `explorer.go(${exchange}, "${bytes.side}", ${bytes.start}, ${bytes.stop})` : `explorer.go(${exchange})`;
  }

  isDark() {
    const { jpThemeLight } = document.body.dataset;
    return jpThemeLight === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : jpThemeLight === "false";
  }

  /** The same for a second capture: its notes are not kept, and what is chosen there is not told. */
  quiet() {
    const host = Object.create(this);
    return Object.assign(host, { chosen: undefined, filter: undefined, saveNotes: () => {}, notes: () => ({}),
      setup: { ...this.setup, filter: "" } });
  }
}

/** Draw the explorer of a model; gives the function that takes it away. */
export function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "cardlib-explorer";
  el.append(root);
  const host = new WidgetHost(model);
  let explorer = null;
  const follow = {
    "change:filter": () => explorer && model.get("filter") !== explorer.filter && explorer.filterBox.set(model.get("filter")),
    "change:chosen": () => explorer && isElsewhere(explorer, model.get("chosen")) && explorer.goToPlace(model.get("chosen")),
  };
  for (const [event, action] of Object.entries(follow)) model.on(event, action);
  show(root, host).then((shell) => {
    explorer = shell.explorer;
    const watcher = new MutationObserver(() => shell.setColours());
    watcher.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  });
  return () => {
    model.off("msg:custom", host.onmessage);
    for (const [event, action] of Object.entries(follow)) model.off(event, action);
  };
}

/** Whether Python chose something else than what the page shows. */
function isElsewhere(explorer, [number, side, start, stop]) {
  if (number === undefined) return false;
  if (explorer.state.exchange !== number) return true;
  const { bytes } = explorer.state;
  return stop > start && (!bytes || bytes.side !== side || bytes.start !== start || bytes.stop !== stop);
}
