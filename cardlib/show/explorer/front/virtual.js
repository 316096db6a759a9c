// SPDX-License-Identifier: MIT
// A list of which only the lines on the screen exist as elements. All lines are of one height.

import { h, oncePerFrame } from "./dom.js";

const AROUND = 8; // lines above and below the screen
const TALLEST = 15_000_000; // pixels; browsers cut off elements that are higher

export class Virtual {
  /** `draw(place)` makes the element of a line; `body` gets role and label of what the lines are in. */
  constructor(draw, properties) {
    this.draw = draw;
    this.count = 0;
    this.height = 26;
    this.drawn = new Map(); // the elements on the screen, by place
    this.rows = h("div", { class: "ce-rows", role: "rowgroup" });
    this.element = h("div", { class: "ce-scroll", tabindex: "0", ...properties }, this.rows);
    this.render = oncePerFrame(() => this.paint());
    this.element.addEventListener("scroll", this.render, { passive: true });
  }

  /** Show so many lines, from wherever the list stands. */
  show(count, height) {
    this.count = count;
    this.height = height;
    this.rows.style.height = `${Math.min(count * height, TALLEST)}px`;
    this.paint();
  }

  get perScreen() {
    return Math.max(Math.floor(this.viewport / this.height) - 1, 1);
  }

  /** Pixels of the list that are not under its titles. */
  get viewport() {
    return this.element.clientHeight - this.rows.offsetTop;
  }

  /** How the scroll bar maps to lines: 1 but for lists that are higher than a browser can show. */
  get scale() {
    return (this.count * this.height) / Math.max(Math.min(this.count * this.height, TALLEST), 1);
  }

  paint() {
    const top = this.element.scrollTop * this.scale;
    const first = Math.max(Math.floor(top / this.height) - AROUND, 0);
    const last = Math.min(first + Math.ceil(this.viewport / this.height) + 2 * AROUND, this.count);
    const shift = this.element.scrollTop - top;
    const drawn = new Map();
    for (let place = first; place < last; place += 1) {
      drawn.set(place, this.line(place, place * this.height + shift));
    }
    this.drawn = drawn;
    this.putIn([...drawn.values()]);
    this.painted?.(first, last);
  }

  /** The element of a line, so many pixels down: the one on the screen, unless the line has changed. */
  line(place, top) {
    const line = this.draw(place);
    const before = this.drawn.get(place);
    for (const element of [line, before]) if (element) element.style.transform = `translateY(${top}px)`;
    return before?.isEqualNode(line) ? before : line;
  }

  /**
   * Make these the lines that are in the list, in this order. Those that stay are not taken out even for a moment: a
   * browser makes no click of a press whose element has left the page before the release.
   */
  putIn(lines) {
    const stays = new Set(lines);
    for (const line of [...this.rows.children]) if (!stays.has(line)) line.remove();
    let next = this.rows.firstChild;
    for (const line of lines) {
      if (line === next) next = next.nextSibling;
      else this.rows.insertBefore(line, next);
    }
  }

  /** Bring a line onto the screen; `center` puts it into the middle where it was not on it. */
  reveal(place, center = false) {
    const top = (place * this.height) / this.scale;
    const view = this.viewport;
    const { scrollTop } = this.element;
    if (top >= scrollTop && top + this.height <= scrollTop + view) return;
    if (center) this.element.scrollTop = top - view / 2;
    else if (top < scrollTop) this.element.scrollTop = top;
    else this.element.scrollTop = top + this.height - view;
  }
}
