// SPDX-License-Identifier: MIT
// The timeline: a bar for each exchange, as long as the answer took; findings as marks; a brush that filters.

import { duration, forKeys, h, oncePerFrame } from "./dom.js";
import { scaleOf } from "./scale.js";

const HEIGHT = 52;
const MARKS = 12; // pixels for the findings above the bars
const LEAST_DRAG = 4; // pixels, below which it is a click
const LABEL = 44; // pixels, from which on a wait has its length written in it
const CLOSEST = 1e-5; // of all, the smallest stretch that is shown

export class Timeline {
  /** `onbrush(first, last)` is called with rows or with nulls, `onchoose(row)` with a row that is clicked. */
  constructor(explorer, { onbrush, onchoose }) {
    this.explorer = explorer;
    this.onbrush = onbrush;
    this.onchoose = onchoose;
    this.brush = null; // [from, to] in the units of the scale
    this.width = 1; // pixels; asking for it makes the browser lay out the page, so it is asked for once a painting
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.reading = h("span", { class: "ce-reading" });
    this.element = h("div", {
      class: "ce-timeline",
      tabindex: "0",
      role: "application",
      "aria-label": "timeline: arrow keys move the window, Shift and arrow keys change its width, plus and minus zoom, Escape shows all",
      onkeydown: forKeys((event) => this.key(event)),
      onpointerdown: (event) => this.press(event),
      onpointermove: (event) => this.move(event),
      onpointerup: (event) => this.release(event),
      onwheel: (event) => this.wheel(event),
    }, this.canvas, this.reading);
    this.paintSoon = oncePerFrame(() => this.paint());
    new ResizeObserver(this.paintSoon).observe(this.element);
  }

  /** Take over the rows as they are now. */
  refresh() {
    this.scale = scaleOf(this.explorer.table, this.explorer.head);
    this.view = [0, this.scale.length];
    this.paintSoon();
  }

  toPixel(unit) {
    return ((unit - this.view[0]) / (this.view[1] - this.view[0])) * this.width;
  }

  toUnit(pixel) {
    return this.view[0] + (pixel / this.width) * (this.view[1] - this.view[0]);
  }

  paint() {
    if (!this.scale) return;
    this.width = Math.max(this.element.clientWidth, 1);
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = this.width * ratio;
    this.canvas.height = HEIGHT * ratio;
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const styles = getComputedStyle(this.element);
    const colour = (name) => styles.getPropertyValue(`--ce-${name}`);
    this.paintBreaks(pen, colour);
    this.paintBars(pen, colour);
    this.paintMarks(pen, colour);
    this.paintBrush(pen, colour);
  }

  paintBreaks(pen, colour) {
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "center";
    for (const { at, width, label } of this.scale.breaks) {
      const left = this.toPixel(at);
      const right = this.toPixel(at + width);
      pen.fillStyle = colour("raised");
      pen.fillRect(left, 0, right - left, HEIGHT);
      pen.fillStyle = colour("quiet");
      if (right - left > 36) pen.fillText(label || "⋯", (left + right) / 2, HEIGHT / 2 + 4);
    }
  }

  /** A bar an exchange; of those that fall on one pixel, the worst and the longest is seen. */
  paintBars(pen, colour) {
    const { table, shown, chosen } = this.explorer;
    const { from, to } = this.scale;
    const floor = HEIGHT - 6;
    const longest = this.longest();
    const colours = [colour("bar"), colour("bar-failed"), colour("faint")];
    let lastPixel = -10;
    let lastTop = HEIGHT;
    let end = Infinity; // of the exchange before
    for (let row = 0; row < table.loaded; row += 1) {
      const left = this.toPixel(from[row]);
      const right = this.toPixel(to[row]);
      if (left - end > LABEL && table.s[row] === table.s[row - 1]) {
        pen.fillStyle = colour("quiet");
        pen.fillText(duration(table.gap[row]), (Math.max(end, 0) + Math.min(left, this.width)) / 2, floor - 8);
      }
      end = right;
      if (right < 0 || left > this.width) continue;
      const took = Number.isNaN(table.d[row]) ? 0 : table.d[row];
      const top = floor - 4 - (floor - 4 - MARKS - 4) * Math.sqrt(took / longest);
      if (left - lastPixel < 0.5 && top >= lastTop && row !== chosen && !table.failed[row]) continue;
      lastPixel = left;
      lastTop = top;
      const kind = shown && !shown[row] ? 2 : table.failed[row];
      pen.fillStyle = row === chosen ? colour("accent") : colours[kind];
      pen.fillRect(left, top, Math.max(right - left, 1.5), floor - top);
    }
    pen.fillStyle = colour("line");
    pen.fillRect(0, floor, this.width, 1);
  }

  longest() {
    const { table } = this.explorer;
    let longest = 1;
    for (let row = 0; row < table.loaded; row += 1) if (table.d[row] > longest) longest = table.d[row];
    return longest;
  }

  paintMarks(pen, colour) {
    for (const [row, findings] of this.explorer.table.findings) {
      const middle = this.toPixel((this.scale.from[row] + this.scale.to[row]) / 2);
      pen.fillStyle = colour(findings[0].severity);
      pen.beginPath();
      pen.moveTo(middle - 4, 2);
      pen.lineTo(middle + 4, 2);
      pen.lineTo(middle, 9);
      pen.fill();
    }
  }

  paintBrush(pen, colour) {
    if (!this.brush) return;
    const [left, right] = this.brush.map((unit) => this.toPixel(unit));
    pen.fillStyle = colour("brush");
    pen.fillRect(left, 0, right - left, HEIGHT);
    pen.strokeStyle = colour("accent");
    pen.strokeRect(left + 0.5, 0.5, Math.max(right - left - 1, 1), HEIGHT - 1);
  }

  place(event) {
    return event.clientX - this.canvas.getBoundingClientRect().left;
  }

  press(event) {
    if (event.button !== 0 || !this.scale) return;
    this.pressed = this.place(event);
    this.element.setPointerCapture(event.pointerId);
  }

  move(event) {
    if (!this.scale) return;
    const here = this.place(event);
    const row = this.rowAt(this.toUnit(here));
    this.reading.textContent = row < 0 ? "" : this.read(row);
    if (this.pressed === undefined || Math.abs(here - this.pressed) < LEAST_DRAG) return;
    this.setBrush([this.toUnit(Math.min(here, this.pressed)), this.toUnit(Math.max(here, this.pressed))]);
  }

  release(event) {
    if (this.pressed === undefined) return;
    const here = this.place(event);
    if (Math.abs(here - this.pressed) < LEAST_DRAG) {
      this.setBrush(null);
      const row = this.rowAt(this.toUnit(here));
      if (row >= 0) this.onchoose(row);
    }
    this.pressed = undefined;
  }

  read(row) {
    const { table } = this.explorer;
    const took = duration(table.d[row]);
    return `${table.i[row]} ${table.word("n", row)}${took ? `, ${took}` : ""}`;
  }

  /** The row that stands nearest to a place. */
  rowAt(unit) {
    const { table } = this.explorer;
    let best = -1;
    let least = Infinity;
    for (let row = 0; row < table.loaded; row += 1) {
      const away = Math.max(this.scale.from[row] - unit, unit - this.scale.to[row], 0);
      if (away < least) [best, least] = [row, away];
    }
    return best;
  }

  /** Show only what is in this stretch; null shows all. */
  setBrush(brush) {
    this.brush = brush && [Math.max(brush[0], 0), Math.min(brush[1], this.scale.length)];
    this.paintSoon();
    if (!brush) {
      this.onbrush(null);
      return;
    }
    const { from, to } = this.scale;
    const [left, right] = this.brush;
    this.onbrush((row) => to[row] >= left && from[row] <= right);
  }

  wheel(event) {
    if (!this.scale || !(event.ctrlKey || event.shiftKey)) return;
    event.preventDefault();
    this.zoom(event.deltaY < 0 || event.deltaX < 0 ? 0.8 : 1.25, this.toUnit(this.place(event)));
  }

  zoom(factor, around) {
    const [left, right] = this.view;
    const length = Math.min(Math.max((right - left) * factor, this.scale.length * CLOSEST), this.scale.length);
    const share = (around - left) / (right - left);
    const start = Math.min(Math.max(around - share * length, 0), this.scale.length - length);
    this.view = [start, start + length];
    this.paintSoon();
  }

  key(event) {
    if (!this.scale) return false;
    const [left, right] = this.brush ?? this.view;
    const width = right - left;
    const step = event.key === "ArrowLeft" ? -1 : 1;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") this.slide(left, right, step, event.shiftKey);
    else if (event.key === "+" || event.key === "=") this.zoom(0.5, left + width / 2);
    else if (event.key === "-") this.zoom(2, left + width / 2);
    else if (event.key === "0") this.zoom(Infinity, 0);
    else if (event.key === "Escape" && this.brush) this.setBrush(null);
    else return false;
    return true;
  }

  /** Move the brush by a part of its width, or its right end; the first key makes one. */
  slide(left, right, step, onlyEnd) {
    if (!this.brush) {
      this.setBrush([left, left + (right - left) / 5]);
      return;
    }
    const by = (step * (right - left)) / 4;
    if (onlyEnd) this.setBrush([left, Math.max(right + by, left + this.scale.length * CLOSEST)]);
    else if (left + by >= 0 && right + by <= this.scale.length) this.setBrush([left + by, right + by]);
  }
}
