// SPDX-License-Identifier: MIT
// The data elements of a half as a tree; a node that is chosen has its bytes lit.

import { counted, fill, forKeys, h, quiet, span, uniqueId } from "./dom.js";

const DEEPEST = 24; // steps of indentation

/** The nodes of a view as objects: {depth, tag, name, ref, start, body, stop, text, ...extras}. */
export function nodesOf(view, facts) {
  return view.nodes.map(([depth, fact, start, body, stop, text, extras = {}], place) => {
    const [tag, name, ref, fromMemory] = facts[fact];
    return { side: view.side, place, depth, tag, name, ref, fromMemory, start, body, stop, text, ...extras };
  });
}

/** The innermost node whose bytes hold this one; null where there is none. */
export function nodeAt(nodes, byte) {
  let innermost = null;
  for (const node of nodes) {
    if (node.hex === undefined && node.start <= byte && byte < node.stop) innermost = node;
  }
  return innermost;
}

export class Tree {
  constructor(label, nodes, digits, onchoose, more = 0) {
    this.nodes = nodes;
    this.digits = digits;
    this.onchoose = onchoose;
    this.folded = new Set();
    this.cursor = -1;
    this.id = uniqueId("node");
    this.list = h("div", {
      class: "ce-tree",
      role: "tree",
      tabindex: "0",
      "aria-label": label,
      onkeydown: forKeys((event) => this.key(event)),
      onclick: (event) => this.click(event),
    });
    const rest = more ? quiet(`${counted(more, "more element")} not shown`) : null;
    this.element = h("div", {}, this.list, rest);
    this.draw();
  }

  draw() {
    this.shown = [];
    let hiddenBelow = Infinity;
    this.nodes.forEach((node, place) => {
      if (node.depth > hiddenBelow) return;
      hiddenBelow = this.folded.has(place) ? node.depth : Infinity;
      this.shown.push(place);
    });
    fill(this.list, this.shown.map((place) => this.item(place)));
    this.choose(this.cursor, false);
  }

  hasChildren(place) {
    return (this.nodes[place + 1]?.depth ?? -1) > this.nodes[place].depth;
  }

  item(place) {
    const node = this.nodes[place];
    const opens = this.hasChildren(place);
    const open = !this.folded.has(place);
    const item = h("div", {
      role: "treeitem",
      id: `${this.id}-${place}`,
      "data-node": place,
      "aria-level": node.depth + 1,
      "aria-expanded": opens ? `${open}` : null,
      "aria-selected": "false",
      class: node.error ? "ce-node ce-broken" : "ce-node",
      title: node.ref || null,
    },
    span("ce-twist", opens ? (open ? "▾" : "▸") : "", { "aria-hidden": "true" }),
    node.tag ? span("ce-tag", node.tag) : null,
    span("ce-name", node.name),
    this.value(node, opens),
    node.note ? span("ce-remark", node.note) : null,
    node.error ? span("ce-error", node.error) : null);
    item.style.setProperty("--depth", Math.min(node.depth, DEEPEST));
    return item;
  }

  value(node, opens) {
    const digits = node.hex ?? this.digits.slice(2 * node.body, 2 * node.stop);
    const parts = [];
    if (!opens && digits) parts.push(span("ce-value", digits.length > 64 ? `${digits.slice(0, 64)}…` : digits));
    if (node.text && !(opens && node.text.length > 160)) parts.push(span("ce-meaning", node.text));
    if (node.fromMemory) parts.push(span("ce-remark", "name from memory"));
    if (node.derived) parts.push(span("ce-remark", node.derived));
    return parts;
  }

  /** Put the cursor on a node and open what it is in; -1 takes it away. */
  choose(place, scroll = true) {
    const before = this.list.querySelector(".ce-chosen");
    before?.setAttribute("aria-selected", "false");
    before?.classList.remove("ce-chosen");
    this.cursor = place;
    if (place < 0) {
      this.list.removeAttribute("aria-activedescendant");
      return;
    }
    if (!this.shown.includes(place)) {
      this.unfoldAbove(place);
      return;
    }
    const item = this.list.querySelector(`[data-node="${place}"]`);
    item.classList.add("ce-chosen");
    item.setAttribute("aria-selected", "true");
    this.list.setAttribute("aria-activedescendant", item.id);
    if (scroll) item.scrollIntoView({ block: "nearest" });
  }

  unfoldAbove(place) {
    let { depth } = this.nodes[place];
    for (let above = place - 1; above >= 0 && depth > 0; above -= 1) {
      if (this.nodes[above].depth < depth) {
        ({ depth } = this.nodes[above]);
        this.folded.delete(above);
      }
    }
    this.draw();
  }

  click(event) {
    const item = event.target.closest("[data-node]");
    if (!item) return;
    const place = Number(item.dataset.node);
    if (event.target.closest(".ce-twist") && this.hasChildren(place)) this.toggle(place);
    this.onchoose(this.nodes[place]);
  }

  toggle(place) {
    if (this.folded.has(place)) this.folded.delete(place);
    else this.folded.add(place);
    this.draw();
  }

  key(event) {
    const at = this.shown.indexOf(this.cursor);
    const node = this.nodes[this.cursor];
    if (event.key === "ArrowDown" || event.key === "j") this.step(at + 1);
    else if (event.key === "ArrowUp" || event.key === "k") this.step(at - 1);
    else if (event.key === "Home") this.step(0);
    else if (event.key === "End") this.step(this.shown.length - 1);
    else if (event.key === "ArrowLeft" && node) this.left(at);
    else if (event.key === "ArrowRight" && node) this.right(at);
    else if (event.key === "Enter" && node && this.hasChildren(this.cursor)) this.toggle(this.cursor);
    else return false;
    return true;
  }

  step(at) {
    const place = this.shown[Math.max(0, Math.min(at, this.shown.length - 1))];
    if (place !== undefined) this.onchoose(this.nodes[place]);
  }

  /** Left folds a node, or goes to the one that it is in. */
  left(at) {
    if (this.hasChildren(this.cursor) && !this.folded.has(this.cursor)) {
      this.toggle(this.cursor);
      return;
    }
    const { depth } = this.nodes[this.cursor];
    let above = at - 1;
    while (above > 0 && this.nodes[this.shown[above]].depth >= depth) above -= 1;
    this.step(above);
  }

  /** Right unfolds a node, or goes into it. */
  right(at) {
    if (!this.hasChildren(this.cursor)) return;
    if (this.folded.has(this.cursor)) this.toggle(this.cursor);
    else this.step(at + 1);
  }
}
