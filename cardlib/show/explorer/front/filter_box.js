// SPDX-License-Identifier: MIT
// The box for the filter: what it means at once, an error where it stands, and chips for what is asked most.

import { amount, button, fill, h, quiet, uniqueId } from "./dom.js";
import { FIELDS } from "./where_fields.js";

const CHIPS = { failed: "failed", findings: "finding", slow: "" }; // each with its filter
const EXAMPLES = {
  "sw != 9000": "every status but 9000",
  "failed and took > 50ms": "refused, and slow",
  "command == 'GENERATE AC' or tag == 9F26": "either of two",
  "sw == {6A82, 63Cx}": "one of several; x is any digit",
  "n == 10..20": "a range",
  "tag ~ cryptogram": "a part of a name",
  "declined": "a word, anywhere on the screen",
};

export class FilterBox {
  /** `onfilter(text)` gives null, or a WhereError. */
  constructor(onfilter) {
    this.onfilter = onfilter;
    const id = uniqueId("filter");
    this.error = h("p", { class: "ce-filter-error", id: `${id}-error`, role: "alert", hidden: true });
    this.count = h("span", { class: "ce-shown", role: "status" });
    this.input = h("input", {
      type: "text",
      id,
      "aria-label": "filter",
      "aria-describedby": `${id}-error`,
      placeholder: "Filter: sw != 9000, tag == 9F26, took > 50ms, or any word   ( / )",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      maxlength: "1000",
      oninput: () => this.apply(),
      onkeydown: (event) => this.key(event),
    });
    this.help = h("div", { class: "ce-filter-help", hidden: true }, this.helpContent());
    this.helper = button("?", { class: "ce-round", "aria-label": "help on filters", "aria-expanded": "false", onclick: () => this.toggleHelp() });
    this.chips = Object.keys(CHIPS).map((title) => button(title, { class: "ce-chip", onclick: ({ currentTarget: { dataset } }) =>
      this.set(this.input.value.trim() === dataset.filter ? "" : dataset.filter) }));
    this.clear = button("×", { class: "ce-clear", "aria-label": "clear the filter", onclick: () => this.set("") });
    this.element = h("div", { class: "ce-filter", role: "search" },
      h("div", { class: "ce-filter-row" },
        h("div", { class: "ce-filter-input" }, this.input, this.clear, this.helper), this.chips, this.count),
      this.error, this.help);
    this.setSlow("");
  }

  /** What is slow in this capture, as a filter. */
  setSlow(slow) {
    Object.values({ ...CHIPS, slow }).forEach((text, place) => {
      const chip = this.chips[place];
      chip.dataset.filter = text;
      chip.title = text;
      chip.hidden = !text;
    });
    this.update();
  }

  helpContent() {
    const examples = Object.entries(EXAMPLES).map(([text, meaning]) => [
      h("dt", {}, button(text, { class: "ce-link ce-mono", onclick: () => this.set(text) })), h("dd", { text: meaning })]);
    const fields = Object.entries(FIELDS).map(([name, { help }]) => [h("dt", { class: "ce-mono", text: name }), h("dd", { text: help })]);
    return [h("div", {}, h("h2", { text: "Examples" }), h("dl", {}, examples.flat()),
      quiet("and, or, not, ( ); == != < <= > >= ~ (contains); sets {a, b}, ranges a..b; units ns us ms s min")),
    h("div", {}, h("h2", { text: "Fields" }), h("dl", { class: "ce-fields" }, fields.flat()))];
  }

  toggleHelp(open = this.help.hidden) {
    this.help.hidden = !open;
    this.helper.setAttribute("aria-expanded", open);
  }

  set(text) {
    this.input.value = text;
    this.apply();
  }

  apply() {
    const fault = this.onfilter(this.input.value);
    this.error.hidden = !fault;
    this.input.setAttribute("aria-invalid", Boolean(fault));
    if (fault) fill(this.error, this.pointer(fault));
    this.update();
  }

  /** The expression with a mark at the place that the error is about. */
  pointer(fault) {
    const characters = Array.from(this.input.value);
    const before = characters.slice(0, fault.at).join("");
    const at = characters.slice(fault.at).join("").split(/[\s"'(){},~!&|=<>]/, 1)[0] || characters[fault.at] || " ";
    return [h("span", { text: fault.message }), h("code", {}, before.slice(-30), h("mark", { text: at }))];
  }

  update() {
    const text = this.input.value.trim();
    this.clear.hidden = !text;
    for (const chip of this.chips) chip.setAttribute("aria-pressed", chip.dataset.filter === text);
  }

  setCount(shown, all) {
    this.count.textContent = shown === all ? amount(all) : `${amount(shown)} of ${amount(all)}`;
    this.count.title = "exchanges that are shown";
  }

  key(event) {
    event.stopPropagation();
    if (event.key === "Escape") {
      if (!this.help.hidden) this.toggleHelp(false);
      else if (this.input.value) this.set("");
      else this.onleave?.();
      event.preventDefault();
    }
    if (event.key === "Enter" || event.key === "ArrowDown") {
      this.onleave?.();
      event.preventDefault();
    }
  }
}
