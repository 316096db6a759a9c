// SPDX-License-Identifier: MIT
// Tabs with their panels, by mouse and arrow keys.

import { fill, forKeys, h, uniqueId } from "./dom.js";

export class Tabs {
  /** `panels` are [key, title, element]; `onopen(key)` is called when one is shown. */
  constructor(label, panels, onopen) {
    this.onopen = onopen;
    this.open = panels[0][0];
    this.tabs = new Map();
    const id = uniqueId("tab");
    this.bar = h("div", { role: "tablist", "aria-label": label, class: "ce-tabs", onkeydown: forKeys((event) => this.key(event)) });
    this.body = h("div", { class: "ce-panels" });
    for (const [key, title, content] of panels) {
      const count = h("span", { class: "ce-badge", hidden: true });
      const tab = h("button", { type: "button", role: "tab", id: `${id}-${key}`, "aria-controls": `${id}-${key}-panel`,
        onclick: () => this.show(key) }, h("span", { text: title }), count);
      // By keys, a panel without anything to choose in it can be scrolled only where it takes the focus itself.
      const panel = h("div", { role: "tabpanel", id: `${id}-${key}-panel`, "aria-labelledby": tab.id, class: "ce-panel", tabindex: "0" },
        content);
      this.tabs.set(key, { tab, panel, count });
      this.bar.append(tab);
      this.body.append(panel);
    }
    this.element = h("div", { class: "ce-tabbed" }, this.bar, this.body);
    this.update();
  }

  update() {
    for (const [key, { tab, panel }] of this.tabs) {
      const selected = key === this.open;
      tab.setAttribute("aria-selected", selected);
      tab.tabIndex = selected ? 0 : -1;
      panel.hidden = !selected;
    }
  }

  show(key) {
    if (!this.tabs.has(key)) return;
    this.open = key;
    this.update();
    this.onopen?.(key);
  }

  /** The number beside the title of a tab; 0 shows none. */
  setCount(key, count) {
    const badge = this.tabs.get(key).count;
    fill(badge, count || null);
    badge.hidden = !count;
  }

  key(event) {
    const keys = [...this.tabs.keys()];
    const at = keys.indexOf(this.open);
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: keys.length - 1 };
    if (!(event.key in steps)) return false;
    const next = keys[(steps[event.key] + keys.length) % keys.length];
    this.show(next);
    this.tabs.get(next).tab.focus();
    return true;
  }
}
