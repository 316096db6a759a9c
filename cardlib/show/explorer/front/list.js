// SPDX-License-Identifier: MIT
// The list of exchanges: a line each, under headings of what happened.

import { cell, duration, forKeys, h, span, uniqueId } from "./dom.js";
import { Virtual } from "./virtual.js";

const TITLES = ["#", "time", "gap", "took", "command", "asked", "SW", "answered", ""];
const NARROW = 560; // pixels of the list, below which a line has two storeys
const HEIGHT = { wide: 26, narrow: 46 };
const GOOD = [0x9000, 0x9100];

export class List {
  /** `explorer` gives table, headings, lines, chosen; `onchoose(row)` and `onfold(heading)` are called. */
  constructor(explorer, { onchoose, onfold }) {
    this.explorer = explorer;
    this.onchoose = onchoose;
    this.onfold = onfold;
    this.cursor = -1; // a place in the lines
    this.id = uniqueId("line");
    this.virtual = new Virtual((place) => this.line(place), {
      role: "treegrid",
      "aria-label": "exchanges",
      "aria-colcount": TITLES.length,
      onkeydown: forKeys((event) => this.key(event)),
      onclick: (event) => this.click(event),
    });
    this.element = this.virtual.element;
    this.element.classList.add("ce-list");
    this.element.prepend(this.titles());
    this.virtual.painted = (first, last) => this.onpainted?.(first, last);
    new ResizeObserver(() => this.refresh()).observe(this.element);
  }

  titles() {
    const cells = TITLES.map((title) => h("span", { role: "columnheader" }, title || span("ce-away", "marks")));
    return h("div", { role: "rowgroup", class: "ce-titles" }, h("div", { role: "row", class: "ce-line" }, cells));
  }

  refresh() {
    const narrow = this.element.clientWidth < NARROW;
    this.element.classList.toggle("ce-narrow", narrow);
    this.element.classList.toggle("ce-untimed", !this.explorer.table.hasTimes);
    this.element.style.setProperty("--ce-digits", `${this.explorer.head.count}`.length);
    this.element.style.setProperty("--ce-seconds", sinceStart(this.explorer.table.latest).length);
    this.element.setAttribute("aria-rowcount", this.explorer.lines.length + 1);
    this.virtual.show(this.explorer.lines.length, narrow ? HEIGHT.narrow : HEIGHT.wide);
  }

  /** Put the cursor on the line of a row, and bring it onto the screen. */
  goTo(row) {
    this.cursor = this.explorer.lines.indexOf(row);
    if (this.cursor >= 0) this.virtual.reveal(this.cursor, true);
    this.virtual.paint();
    this.tellCursor();
  }

  tellCursor() {
    if (this.cursor < 0) this.element.removeAttribute("aria-activedescendant");
    else this.element.setAttribute("aria-activedescendant", `${this.id}-${this.cursor}`);
  }

  line(place) {
    const value = this.explorer.lines[place];
    const line = value < 0 ? this.heading(-1 - value) : this.exchange(value);
    line.id = `${this.id}-${place}`;
    line.setAttribute("aria-rowindex", place + 2);
    line.dataset.place = place;
    if (place === this.cursor) line.classList.add("ce-cursor");
    return line;
  }

  heading(number) {
    const heading = this.explorer.headings[number];
    const open = !this.explorer.folded.has(heading.first);
    return h("div", { role: "row", "aria-level": "1", class: `ce-line ce-heading ce-${heading.outcome || "none"}`, "aria-expanded": `${open}` },
      h("span", { role: "gridcell", "aria-colspan": TITLES.length, title: heading.title },
        span("ce-twist", open ? "▾" : "▸", { "aria-hidden": "true" }),
        span("ce-headline", heading.title),
        span("ce-count", heading.shown)));
  }

  exchange(row) {
    const { table, chosen } = this.explorer;
    const classes = ["ce-line", "ce-exchange"];
    if (row === chosen) classes.push("ce-chosen");
    if (table.failed[row]) classes.push("ce-failed");
    const answered = table.word("r", row);
    const cells = [
      table.unsure[row] ? ["ce-number", `${table.i[row]}?`, "what is selected is not known"] : ["ce-number", `${table.i[row]}`],
      ["ce-time", sinceStart(table.t[row])],
      ["ce-gap", duration(table.gap[row])],
      ["ce-took", duration(table.d[row])],
      ["ce-command", table.word("n", row)],
      ["ce-asked", table.word("q", row)],
      [`ce-sw ${statusClass(table, row)}`, table.statusWord(row) || (table.failed[row] ? "––––" : "")],
      ["ce-answered", answered],
    ];
    return h("div", { role: "row", "aria-level": "2", class: classes.join(" "), "aria-selected": `${row === chosen}` },
      cells.map(([name, text, title]) => cell(name, text, title ?? (text.length > 12 ? text : null))),
      this.marks(row));
  }

  marks(row) {
    const { table } = this.explorer;
    const marks = [];
    const findings = table.findings.get(row) ?? [];
    if (findings.length) {
      const names = findings.map((finding) => `${finding.rule} ${finding.title}`).join("; ");
      marks.push(span(`ce-flag ce-${findings[0].severity}`, "▲", { role: "img", "aria-label": names, title: names }));
    }
    if (table.notes.has(row)) {
      marks.push(span("ce-flag ce-noted", "✎", { role: "img", "aria-label": "a note", title: table.notes.get(row) }));
    }
    if (table.error[row]) {
      marks.push(span("ce-flag ce-broken", "!", { role: "img", "aria-label": "damaged", title: "a part of it is damaged or wrong" }));
    }
    return h("span", { role: "gridcell", class: "ce-marks" }, marks);
  }

  click(event) {
    const line = event.target.closest("[data-place]");
    if (!line) return;
    this.cursor = Number(line.dataset.place);
    this.act(true);
  }

  /** Do what the line under the cursor is for: show an exchange, or fold a heading. */
  act(folds) {
    const value = this.explorer.lines[this.cursor];
    if (value === undefined) return;
    if (value >= 0) this.onchoose(value);
    else if (folds) this.onfold(-1 - value);
    this.virtual.paint();
    this.tellCursor();
  }

  key(event) {
    const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: this.virtual.perScreen, PageUp: -this.virtual.perScreen };
    const last = this.explorer.lines.length - 1;
    if (event.key in steps) this.move(this.cursor + steps[event.key]);
    else if (event.key === "Home") this.move(0);
    else if (event.key === "End") this.move(last);
    else if (event.key === "Enter" || event.key === " ") this.act(true);
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") this.fold(event.key === "ArrowLeft");
    else return false;
    return true;
  }

  move(place) {
    this.cursor = Math.max(0, Math.min(place, this.explorer.lines.length - 1));
    this.virtual.reveal(this.cursor);
    this.act(false);
  }

  /** Left folds the heading above the cursor, right unfolds it. */
  fold(closes) {
    let place = this.cursor;
    while (place > 0 && this.explorer.lines[place] >= 0) place -= 1;
    const value = this.explorer.lines[place];
    if (value === undefined || value >= 0) return;
    const isOpen = !this.explorer.folded.has(this.explorer.headings[-1 - value].first);
    if (isOpen !== closes) return;
    this.cursor = place;
    this.act(true);
  }
}

/** Seconds and milliseconds since the first stamp of the session. */
function sinceStart(ns) {
  return Number.isNaN(ns) ? "" : (ns / 1e9).toFixed(3);
}

/** Whether a status word is a success, a warning or an error (ISO/IEC 7816-4, 5.6). */
export function statusClass(table, row) {
  const sw = table.sw[row];
  if (sw < 0) return table.failed[row] ? "ce-missing" : "";
  if (GOOD.includes(sw) || sw >> 8 === 0x61 || sw >> 8 === 0x91 || sw >> 8 === 0x9f) return "ce-fine";
  if (sw >> 8 === 0x62 || sw >> 8 === 0x63) return "ce-warning";
  return "ce-wrong";
}
