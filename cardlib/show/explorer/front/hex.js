// SPDX-License-Identifier: MIT
// The bytes of a half, sixteen a line; a stretch of them is lit, and a byte can be chosen by mouse and keys.

import { button, counted, fill, forKeys, h, span, uniqueId } from "./dom.js";

const PER_LINE = 16;
const FIRST = 4096; // bytes that are drawn before somebody asks for more

/** What a half is called. */
export function titleOf(side) {
  return side === "command" ? "Command" : "Answer";
}

export class Hex {
  /** `digits` is hex with * for what is hidden; `onbyte(place)` is called for a byte that is chosen. */
  constructor(side, digits, onbyte) {
    this.side = side;
    this.digits = digits;
    this.count = digits.length / 2;
    this.onbyte = onbyte;
    this.cursor = -1;
    this.id = uniqueId("byte");
    this.bytes = [];
    this.list = h("div", {
      class: "ce-hex",
      role: "listbox",
      tabindex: "0",
      "aria-label": `bytes of the ${side}`,
      onkeydown: forKeys((event) => this.key(event)),
      onclick: (event) => this.click(event),
    });
    this.element = h("div", { class: "ce-half" }, this.list);
    this.draw(Math.min(this.count, FIRST));
  }

  draw(count) {
    this.bytes = [];
    const lines = [];
    for (let first = 0; first < count; first += PER_LINE) lines.push(this.line(first, Math.min(first + PER_LINE, count)));
    fill(this.list, lines);
    if (count < this.count) {
      const more = button(counted(this.count - count, "more byte"), { class: "ce-more" });
      more.addEventListener("click", () => {
        more.remove();
        this.draw(this.count);
      });
      this.element.append(more);
    }
  }

  line(first, last) {
    const cells = [];
    let text = "";
    for (let place = first; place < last; place += 1) {
      const digits = this.digits.slice(2 * place, 2 * place + 2);
      const byte = h("span", { role: "option", id: `${this.id}-${place}`, "data-byte": place, text: digits });
      if (digits.includes("*")) byte.classList.add("ce-hidden");
      this.bytes.push(byte);
      cells.push(byte);
      text += printable(digits);
    }
    return h("div", { class: "ce-hexline", role: "presentation" },
      span("ce-offset", first.toString(16).toUpperCase().padStart(4, "0"), { "aria-hidden": "true" }),
      h("span", { class: "ce-bytes", role: "presentation" }, cells),
      span("ce-ascii", text, { "aria-hidden": "true" }));
  }

  /** Light these bytes, and no others; `scroll` brings the first of them onto the screen. */
  light(start, stop, scroll = true) {
    this.bytes.forEach((byte, place) => {
      const lit = place >= start && place < stop;
      byte.classList.toggle("ce-lit", lit);
      byte.classList.toggle("ce-lit-first", lit && place === start);
      byte.classList.toggle("ce-lit-last", lit && place === stop - 1);
      byte.setAttribute("aria-selected", lit);
    });
    const first = this.bytes[start];
    if (scroll && first && stop > start) first.scrollIntoView({ block: "nearest" });
  }

  /** Mark bytes that differ from those of another capture. */
  mark(start, stop) {
    for (const byte of this.bytes.slice(start, stop)) byte.classList.add("ce-changed");
  }

  click(event) {
    const byte = event.target.closest("[data-byte]");
    if (byte) this.choose(Number(byte.dataset.byte));
  }

  choose(place) {
    if (place < 0 || place >= this.bytes.length) return;
    this.bytes[this.cursor]?.classList.remove("ce-cursor");
    this.cursor = place;
    this.bytes[place].classList.add("ce-cursor");
    this.list.setAttribute("aria-activedescendant", `${this.id}-${place}`);
    this.onbyte(place);
  }

  key(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: PER_LINE, ArrowUp: -PER_LINE };
    if (event.key in steps) this.choose(this.cursor < 0 ? 0 : this.cursor + steps[event.key]);
    else if (event.key === "Home") this.choose(0);
    else if (event.key === "End") this.choose(this.bytes.length - 1);
    else return false;
    return true;
  }
}

function printable(digits) {
  const code = parseInt(digits, 16);
  return code >= 0x20 && code < 0x7f && !digits.includes("*") ? String.fromCharCode(code) : "·";
}
