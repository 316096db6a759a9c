// SPDX-License-Identifier: MIT
// Elements. Text goes in as text only: nothing here takes markup, so nothing that a card or a stranger wrote can run.

/** An element with attributes, listeners (onclick: f) and children (elements or texts). */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "text") element.textContent = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...present(children));
  if (isFocusable(element)) mute(element);
  return element;
}

function isFocusable(element) {
  return element.hasAttribute("tabindex") || /^(button|input|textarea|select|a|summary)$/i.test(element.tagName);
}

/**
 * Keep JupyterLab's keys away from a focused element: there, `x` would cut the cell and `d d` delete it. Lab asks the
 * focused element itself for this attribute; one on an ancestor does not help.
 */
function mute(element) {
  element.setAttribute("data-lm-suppress-shortcuts", "true");
}

/** Put these children in place of the ones that are there. */
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
}

function present(children) {
  return children.flat().filter((child) => child !== null && child !== undefined);
}

/** A text in a class of its own. */
export function span(name, text, properties = {}) {
  return h("span", { class: name, text, ...properties });
}

/** A text in a cell of a list. */
export function cell(name, text, title = null) {
  return span(name, text, { role: "gridcell", title });
}

export function button(label, properties = {}, ...children) {
  const content = children.length ? children : [label];
  return h("button", { type: "button", "aria-label": children.length ? label : null, ...properties }, ...content);
}

/** A paragraph that says something beside the data. */
export function quiet(text, name = "") {
  return h("p", { class: `ce-quiet ${name}`, text });
}

/** A listener for keys. `act(event)` says whether it took the key, which then goes nowhere else. */
export function forKeys(act) {
  return (event) => {
    const isShortcut = event.ctrlKey || event.metaKey || event.altKey; // it is for the browser, or for the notebook
    if (isShortcut || !act(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };
}

/** A table with a title over each column. */
export function tableOf(titles, rows) {
  const heads = titles.map((title) => h("th", { scope: "col", text: title }));
  return h("table", { class: "ce-table" }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows));
}

let counter = 0;

/** A name for an element that no other has, whatever else is on the page. */
export function uniqueId(stem) {
  counter += 1;
  return `cardlib-${stem}-${counter}`;
}

/** A function that runs once per frame, however often it is asked for. */
export function oncePerFrame(action) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      action();
    });
  };
}

/** "12.3 ms"; nothing where the clock does not know. */
export function duration(ns) {
  if (ns === null || ns === undefined || Number.isNaN(ns)) return "";
  if (ns < 1e6) return `${(ns / 1e3).toFixed(0)} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toFixed(1)} ms`;
  if (ns < 120e9) return `${(ns / 1e9).toFixed(2)} s`;
  if (ns < 7200e9) return `${(ns / 60e9).toFixed(1)} min`;
  return `${(ns / 3600e9).toFixed(1)} h`;
}

/** "10,000". */
export function amount(number) {
  return number.toLocaleString("en");
}

/** "1 byte", "2 bytes". */
export function counted(number, noun) {
  return `${amount(number)} ${noun}${number === 1 ? "" : "s"}`;
}
