// SPDX-License-Identifier: MIT
// Notes: a text on an exchange, or on bytes of it. They come from a file, from the browser's memory or from Python,
// so each is checked, and they are shown as text only.

import { button, counted, fill, h, quiet, span } from "./dom.js";

const LONGEST = 2000;
const MOST = 10_000;

/** Notes out of plain data, {number: {text, b: [side, start, stop] or null}}; what is no note is left out. */
export function checkedNotes(rows) {
  const notes = new Map();
  if (rows === null || typeof rows !== "object") return notes;
  for (const [key, row] of Object.entries(rows).slice(0, MOST)) {
    if (!/^\d{1,9}$/.test(key) || row === null || typeof row !== "object" || typeof row.text !== "string") continue;
    notes.set(Number(key), { text: row.text.slice(0, LONGEST), b: checkedPlace(row.b) });
  }
  return notes;
}

function checkedPlace(place) {
  if (!Array.isArray(place) || place.length !== 3) return null;
  const [side, start, stop] = place;
  if (side !== "command" && side !== "response") return null;
  return Number.isInteger(start) && Number.isInteger(stop) && start >= 0 && stop >= start ? [side, start, stop] : null;
}

/** The tab with all notes, and what can be done with them. */
export class NotesPanel {
  constructor(explorer) {
    this.explorer = explorer;
    this.list = h("div", { class: "ce-cards" });
    this.chooser = h("input", { type: "file", accept: ".json", class: "ce-away", tabindex: "-1", "aria-label": "file of notes",
      onchange: () => this.load() });
    this.element = h("div", { class: "ce-pad" },
      h("p", { class: "ce-actions" },
        button("Note on this exchange", { onclick: () => this.explorer.editNote() }),
        button("Save notes to a file", { onclick: () => this.save() }),
        button("Open a file of notes", { onclick: () => this.chooser.click() }),
        this.chooser),
      this.list);
  }

  draw() {
    const { notes, table } = this.explorer;
    const numbers = [...notes.keys()].sort((a, b) => a - b);
    const cards = numbers.map((number) => {
      const note = notes.get(number);
      const row = table.at(number);
      const name = row < 0 ? "not in this capture" : table.word("n", row);
      return h("button", { type: "button", class: "ce-card", disabled: row < 0,
        onclick: () => this.explorer.goToPlace([number, ...(note.b ?? [])]) },
      span("ce-where", `${number} ${name}`),
      span("ce-detail", note.text));
    });
    const none = quiet("No notes yet. Press n on an exchange to write one.");
    fill(this.list, cards.length ? cards : [none]);
  }

  save() {
    const rows = Object.fromEntries(this.explorer.notes);
    const text = `${JSON.stringify({ key: this.explorer.head.key, notes: rows }, null, 1)}\n`;
    const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    const name = this.explorer.about?.file ?? "capture";
    const link = document.createElement("a");
    link.href = address;
    link.download = `${name.replace(/[^\w.-]+/g, "_")}.notes.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  async load() {
    const [file] = this.chooser.files;
    this.chooser.value = "";
    if (!file) return;
    try {
      const data = JSON.parse(await file.text());
      const notes = checkedNotes(data.notes);
      this.explorer.setNotes(new Map([...this.explorer.notes, ...notes]));
      this.explorer.say(`${counted(notes.size, "note")} read`);
    } catch {
      this.explorer.say("That file holds no notes");
    }
  }
}

/** A box to write a note in; `onsave(text)` is called with what was written, an empty text takes the note away. */
export function noteEditor(text, place, onsave, onclose) {
  const area = h("textarea", { rows: "3", maxlength: LONGEST, "aria-label": "note", placeholder: "What is remarkable here?" });
  area.value = text;
  const about = place ? `on bytes ${place[1]}..${place[2]} of the ${place[0]}` : "on the exchange";
  const save = () => onsave(area.value.trim());
  area.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") onclose();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
  });
  const element = h("div", { class: "ce-note-editor" }, area,
    h("div", { class: "ce-actions" },
      button("Save note", { class: "ce-primary", onclick: save }),
      button("Cancel", { onclick: onclose }),
      span("ce-quiet", about)));
  return { element, focus: () => area.focus() };
}
