// SPDX-License-Identifier: MIT
// Two captures side by side: exchanges that mean the same on one line, and the bytes that differ lit in both.

import { button, cell, counted, fill, forKeys, h, quiet, span, tableOf, uniqueId } from "./dom.js";
import { unpack } from "./chunks.js";
import { Hex, titleOf } from "./hex.js";
import { statusClass } from "./list.js";
import { Virtual } from "./virtual.js";

const HEIGHT = 26;
const LONGEST = 32; // hex digits of a change
const KINDS = ["changed", "missing", "added", "slower", "repeated"];
const TITLES = ["#", "first", "SW", "", "#", "second", "SW"];

export class SideBySide {
  constructor(host, first, second) {
    this.host = host;
    this.sides = [first, second];
    this.head = first.head;
    this.only = true; // show only pairs that differ
    this.chosen = -1;
    this.lines = [];
    this.id = uniqueId("pair");
    this.virtual = new Virtual((place) => this.line(place), {
      role: "grid",
      "aria-label": "exchanges of both captures",
      onkeydown: forKeys((event) => this.key(event)),
      onclick: (event) => this.click(event),
    });
    this.virtual.element.classList.add("ce-list", "ce-pairs");
    this.virtual.element.prepend(h("div", { role: "rowgroup", class: "ce-titles" }, h("div", { role: "row", class: "ce-line" },
      TITLES.map((title) => h("span", { role: "columnheader", text: title || "differences" })))));
    this.switch = button("only what differs", { class: "ce-chip", "aria-pressed": "true", onclick: () => this.toggle() });
    this.summary = h("p", { class: "ce-about", role: "status" });
    this.detail = h("div", { class: "ce-pad" }, quiet("Choose a line."));
    this.element = h("div", { class: "ce-capture ce-both" },
      h("div", { class: "ce-filter" }, h("div", { class: "ce-filter-row" }, this.switch, this.summary)),
      h("div", { class: "ce-panes" },
        h("section", { class: "ce-pane", "aria-label": "pairs" }, this.virtual.element),
        h("section", { class: "ce-pane ce-scrolls", "aria-label": "differences", tabindex: "0" },
          button("‹ List", { class: "ce-back", onclick: () => this.element.classList.remove("ce-has-chosen") }), this.detail)));
    new ResizeObserver(() => this.refresh()).observe(this.virtual.element);
  }

  names() {
    return this.sides.map((side) => side.about?.file ?? "…").join("  ↔  ");
  }

  async start() {
    this.data = await unpack(await this.host.read("pairs"));
    this.changes = new Map();
    for (const change of this.data.changes) {
      this.changes.set(change.pair, [...(this.changes.get(change.pair) ?? []), change]);
    }
    const counts = KINDS.map((kind) => [kind, this.data.changes.filter((change) => change.kind === kind).length]);
    const words = counts.filter(([, count]) => count).map(([kind, count]) => `${count} ${kind}`);
    const matched = this.data.pairs.filter(([a, b]) => a >= 0 && b >= 0).length;
    this.summary.textContent = `${counted(matched, "exchange")} in both; ${words.join(", ") || "no difference"}`;
    this.refresh();
  }

  refresh() {
    if (!this.data) return;
    const places = this.data.pairs.map((_, place) => place);
    this.lines = this.only && this.changes.size ? places.filter((place) => this.changes.has(place)) : places;
    this.virtual.show(this.lines.length, HEIGHT);
    if (this.sides.every((side) => side.element.dataset.ready)) this.element.dataset.ready = "true";
  }

  toggle() {
    this.only = !this.only;
    this.switch.setAttribute("aria-pressed", this.only);
    this.refresh();
  }

  line(place) {
    const pair = this.lines[place];
    const [left, right] = this.data.pairs[pair].map((number, side) => this.cells(side, number));
    const changes = this.changes.get(pair) ?? [];
    const kinds = [...new Set(changes.map((change) => change.kind))];
    const marks = kinds.map((kind) => span(`ce-kind ce-${kind}`, kind));
    const line = h("div", { role: "row", id: `${this.id}-${place}`, "data-place": place, "aria-selected": `${pair === this.chosen}`,
      class: pair === this.chosen ? "ce-line ce-exchange ce-chosen" : "ce-line ce-exchange" },
    left, h("span", { role: "gridcell", class: "ce-kinds" }, marks), right);
    return line;
  }

  cells(side, number) {
    const { table } = this.sides[side];
    const row = number < 0 ? -1 : table.at(number);
    if (row < 0) return [cell("", ""), cell("ce-quiet", "—"), cell("", "")];
    const title = `${table.word("n", row)}  ${table.word("q", row)}`.trim();
    return [cell("ce-number", number), cell("", title, title), cell(`ce-sw ${statusClass(table, row)}`, table.statusWord(row))];
  }

  click(event) {
    const line = event.target.closest("[data-place]");
    if (line) this.choose(Number(line.dataset.place));
  }

  key(event) {
    const at = this.lines.indexOf(this.chosen);
    const steps = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: this.lines.length - 1,
      PageDown: at + this.virtual.perScreen, PageUp: at - this.virtual.perScreen };
    if (!(event.key in steps)) return false;
    this.choose(Math.max(0, Math.min(steps[event.key], this.lines.length - 1)));
    return true;
  }

  async choose(place) {
    const pair = this.lines[place];
    if (pair === undefined) return;
    this.chosen = pair;
    this.element.classList.add("ce-has-chosen");
    this.virtual.reveal(place);
    this.virtual.paint();
    this.virtual.element.setAttribute("aria-activedescendant", `${this.id}-${place}`);
    const changes = this.changes.get(pair) ?? [];
    const views = await Promise.all(this.data.pairs[pair].map((number, side) => this.viewsOf(side, number)));
    if (this.chosen !== pair) return;
    fill(this.detail, this.table(changes, views), ["command", "response"].map((side) => this.half(side, views, changes)),
      h("p", { class: "ce-quiet" }, this.data.notes.join(" · ")));
  }

  async viewsOf(side, number) {
    const { chunks, table, head } = this.sides[side];
    if (number < 0) return [];
    const details = await chunks.details(table.at(number), head);
    return details ? details.row.views : [];
  }

  table(changes, views) {
    if (!changes.length) return quiet("No difference but what always differs.");
    const rows = changes.map((change) => h("tr", {},
      h("td", {}, span(`ce-kind ce-${change.kind}`, change.kind)),
      h("td", { text: change.element || "exchange" }),
      ["a", "b"].map((which, side) => h("td", { class: "ce-mono" }, change.times?.[side] ?? bytesOf(change[which], views[side])))));
    return tableOf(["kind", "element", "first", "second"], rows);
  }

  /** The bytes of one half in both captures, those that differ marked. */
  half(side, views, changes) {
    const columns = views.map((halves, which) => {
      const view = halves.find((one) => one.side === side);
      const name = quiet(which === 0 ? "first" : "second");
      if (!view) return h("div", {}, name, h("p", { text: "not there" }));
      const hex = new Hex(side, view.hex, () => {});
      for (const change of changes) {
        const bytes = which === 0 ? change.a : change.b;
        if (bytes && bytes[1] === side) hex.mark(bytes[2], bytes[3]);
      }
      return h("div", {}, name, hex.element);
    });
    return h("section", {}, h("h2", { text: titleOf(side) }), h("div", { class: "ce-beside" }, columns));
  }
}

/** The bytes of a change, as far as they fit, where they stand, and what they mean. */
function bytesOf(bytes, views) {
  if (!bytes) return "—";
  const [, side, start, stop] = bytes;
  const view = views.find((half) => half.side === side);
  const digits = view?.hex.slice(2 * start, 2 * stop) ?? "";
  const node = view?.nodes.find(([, , first, body, last, text]) => text && last === stop && (first === start || body === start));
  const cut = digits.length > LONGEST ? `${digits.slice(0, LONGEST)}…` : digits;
  return [`${cut} at ${start}..${stop}`, node ? h("p", { class: "ce-meaning", text: node[5] }) : ""];
}
