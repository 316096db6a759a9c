// SPDX-License-Identifier: MIT
// One exchange with every byte: hex and tree, lit both ways, what the rules found there, and the notes.

import { amount, button, counted, fill, h, quiet, span } from "./dom.js";
import { asCall, asHex, asText, copyText } from "./copy.js";
import { Hex, titleOf } from "./hex.js";
import { noteEditor } from "./notes.js";
import { factsOf } from "./story.js";
import { Tree, nodeAt, nodesOf } from "./tree.js";
import { wireTable } from "./wire.js";

export class Inspector {
  constructor(explorer) {
    this.explorer = explorer;
    this.halves = new Map(); // by side: {hex, tree, nodes, view}
    this.lit = null;
    this.head = h("div", { class: "ce-exchange-head" });
    this.body = h("div", { class: "ce-exchange-body" });
    this.element = h("div", { class: "ce-bytes-panel" }, this.head, this.body);
    this.wire = h("div", { class: "ce-wire-panel" });
    this.say("Choose an exchange: click it, or use the arrow keys.");
  }

  /** Before an exchange is chosen: what the capture is about. */
  begin(about) {
    this.body.append(h("div", { class: "ce-pad" }, factsOf(about)));
  }

  /** Say this, instead of the bytes of an exchange. */
  say(text) {
    this.halves.clear();
    for (const panel of [this.body, this.wire]) fill(panel, quiet(text, "ce-pad"));
  }

  /** Show an exchange; the details come later, and only if it is still the chosen one. */
  async show(row, place) {
    const { table, chunks, head } = this.explorer;
    this.row = row;
    this.lit = null;
    this.later = place;
    this.drawHead();
    let details = null;
    try {
      details = await chunks.details(row, head);
    } catch {
      if (this.row === row) this.say("These bytes could not be fetched: is Python still running?");
      return;
    }
    if (this.row !== row) return;
    if (!details) {
      this.say(head.key
        ? `This page holds the bytes of the first ${amount(head.detailed)} exchanges only. `
          + `All of them: cardlib show --exchange ${table.i[row]} FILE`
        : "The bytes come when the file is read to its end: what is secret is known then.");
      return;
    }
    this.draw(details);
    if (place) this.light(place, true);
  }

  draw({ row, facts }) {
    this.halves.clear();
    for (const view of row.views) {
      const nodes = nodesOf(view, facts);
      const hex = new Hex(view.side, view.hex, (byte) => this.choseByte(view.side, byte));
      const tree = new Tree(`data elements of the ${view.side}`, nodes, view.hex, (node) => this.choseNode(node), view.more);
      const place = h("span", { class: "ce-place", role: "status" });
      this.halves.set(view.side, { hex, tree, nodes, view, place });
    }
    const halves = [...this.halves.values()];
    const hexes = halves.map(({ hex, view, place }) => h("section", {},
      h("h3", {}, titleOf(view.side), span("ce-quiet", ` ${counted(view.hex.length / 2, "byte")}`), place),
      view.remark ? h("p", { class: "ce-remark", text: view.remark }) : null, hex.element));
    const trees = halves.map(({ tree, view }) => h("section", {}, h("h3", { text: titleOf(view.side) }), tree.element));
    fill(this.body, h("div", { class: "ce-hexes" }, hexes), h("div", { class: "ce-trees" }, trees));
    fill(this.wire, wireTable(row.frames));
  }

  drawHead() {
    const { table, notes } = this.explorer;
    const { row } = this;
    const number = table.i[row];
    const findings = table.findings.get(row) ?? [];
    const note = notes.get(number);
    const meaning = table.word("m", row);
    fill(this.head,
      h("div", { class: "ce-exchange-title" },
        h("h2", {}, span("ce-number", number), ` ${table.word("n", row)}`),
        span("ce-quiet", [table.statusWord(row), meaning].filter(Boolean).join(" ")),
        h("span", { class: "ce-actions" }, this.actions())),
      findings.length ? h("p", { class: "ce-links" }, findings.map((finding) => this.finding(finding))) : null,
      note ? h("p", { class: "ce-note" }, h("span", { text: note.text }),
        note.b ? this.explorer.link(`bytes ${note.b[1]}..${note.b[2]}`, [number, ...note.b]) : null) : null,
      this.slot = h("div"));
  }

  finding(finding) {
    const place = finding.places.find(([number]) => number === this.explorer.table.i[this.row]);
    return this.explorer.link(`${finding.rule} ${finding.title}`, place,
      { class: `ce-link ce-is-${finding.severity}`, title: finding.detail });
  }

  actions() {
    const copies = { Hex: () => this.hexText(), Text: () => this.plainText(), Python: () => this.call(), Link: () => this.explorer.address() };
    const buttons = Object.entries(copies).map(([name, text]) => button(name, {
      "aria-label": `copy as ${name}`,
      title: `Copy as ${name}`,
      onclick: async () => this.explorer.say(await copyText(text()) ? `${name} copied` : "The browser does not let this page copy"),
    }));
    return [span("ce-quiet", "Copy"), ...buttons, button("Note", { title: "Write a note (n)", onclick: () => this.editNote() })];
  }

  hexText() {
    return asHex([...this.halves.values()].map(({ view }) => view));
  }

  plainText() {
    const { table } = this.explorer;
    const title = [table.i[this.row], table.word("n", this.row), table.word("q", this.row), table.statusWord(this.row)].join("  ");
    return asText(title, [...this.halves.entries()].map(([side, { nodes, view }]) => ({ side, nodes, digits: view.hex })));
  }

  call() {
    return asCall(this.explorer.about?.file ?? "FILE", this.explorer.table.i[this.row], this.lit);
  }

  /** Write a note on the exchange, or on the bytes that are lit. */
  editNote() {
    if (this.row === undefined) return;
    const number = this.explorer.table.i[this.row];
    const place = this.lit ? [this.lit.side, this.lit.start, this.lit.stop] : null;
    const old = this.explorer.notes.get(number);
    const close = () => {
      fill(this.slot);
      this.explorer.list.element.focus();
    };
    const editor = noteEditor(old?.text ?? "", old?.b ?? place, (text) => {
      this.explorer.writeNote(number, text, old?.b ?? place);
      this.drawHead();
      close();
    }, close);
    fill(this.slot, editor.element);
    editor.focus();
  }

  /** Light bytes {side, start, stop}, choose the node that they are in, and tell the others. */
  light(place, scroll) {
    this.lit = place;
    for (const [side, half] of this.halves) {
      const here = side === place.side;
      half.hex.light(here ? place.start : 0, here ? place.stop : 0, scroll);
      half.place.textContent = here ? placeText(place) : "";
      if (!here) half.tree.choose(-1);
    }
    const half = this.halves.get(place.side);
    if (half && !place.isChosen) half.tree.choose(innermost(half.nodes, place));
    this.explorer.litBytes(place);
  }

  choseByte(side, byte) {
    const half = this.halves.get(side);
    const node = nodeAt(half.nodes, byte);
    if (node) this.choseNode(node, false);
    else this.light({ side, start: byte, stop: byte + 1 }, false);
  }

  choseNode(node, scroll = true) {
    for (const [side, { tree }] of this.halves) tree.choose(side === node.side ? node.place : -1);
    const derived = node.hex !== undefined;
    this.light({ side: node.side, start: derived ? 0 : node.start, stop: derived ? 0 : node.stop, isChosen: true }, scroll);
  }
}

/** The places of lit bytes, counted from 0. */
function placeText({ start, stop }) {
  if (stop <= start) return "";
  return stop - start === 1 ? `byte ${start}` : `bytes ${start} to ${stop - 1}`;
}

/** The smallest node that holds all of these bytes; -1 where there is none. */
function innermost(nodes, { start, stop }) {
  let best = -1;
  for (const node of nodes) {
    if (node.hex === undefined && node.start <= start && stop <= node.stop) best = node.place;
  }
  return best;
}
