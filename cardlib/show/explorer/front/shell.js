// SPDX-License-Identifier: MIT
// What stands around a capture, or around two: the title, the theme, and the switch between the two and side by side.

import { amount, button, counted, fill, h, span } from "./dom.js";
import { Explorer } from "./explorer.js";
import { readLink } from "./link.js";
import { SideBySide } from "./side_by_side.js";

const THEMES = { auto: "◐", light: "☀", dark: "☾" };

/** Put the explorer into an element. */
export async function show(root, host) {
  const shell = new Shell(root, host);
  try {
    await shell.start();
  } catch (fault) {
    fill(root, h("p", { class: "ce-pad", role: "alert", text: `This page cannot be shown: ${fault.message}` }));
  }
  return shell;
}

class Shell {
  constructor(root, host) {
    this.root = root;
    this.host = host;
    this.views = new Map();
    this.title = h("h1", { text: "Explorer" });
    this.facts = h("p", { class: "ce-about" });
    this.modes = h("div", { class: "ce-modes", role: "group", "aria-label": "which capture" });
    this.theme = button("", { class: "ce-round", "aria-label": "theme", onclick: () => this.nextTheme() });
    this.keys = button("Keys", { onclick: () => this.explorer.help.show() });
    this.again = host.again ? button("Another log", { onclick: () => host.again() }) : null;
    this.content = h("div", { class: "ce-content" });
    fill(root, h("div", { class: "ce-header" }, this.title, this.facts, this.modes, h("span", { class: "ce-spring" }), this.again, this.keys, this.theme),
      this.content);
    this.setTheme(host.theme?.() ?? "auto");
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.setColours());
  }

  async start() {
    const link = readLink(this.host.hash());
    this.explorer = new Explorer(this.host, 0);
    this.explorer.onabout = (explorer) => this.describe(explorer);
    fill(this.content, this.explorer.element);
    await this.explorer.start(link);
    this.describe(this.explorer);
    if (this.host.setup.captures === 2) await this.startSecond();
  }

  async startSecond() {
    const second = new Explorer(this.host.quiet(), 1);
    second.onabout = (explorer) => this.describe(explorer);
    await second.start(readLink(""));
    const pairs = new SideBySide(this.host, this.explorer, second);
    this.views = new Map([["Side by side", pairs], ["First", this.explorer], ["Second", second]]);
    fill(this.modes, [...this.views.keys()].map((name) => button(name, { "aria-pressed": "false", onclick: () => this.open(name) })));
    await pairs.start();
    for (const side of [this.explorer, second]) side.onready = () => pairs.refresh();
    this.open("Side by side");
  }

  open(name) {
    const view = this.views.get(name);
    for (const mode of this.modes.children) mode.setAttribute("aria-pressed", mode.textContent === name);
    fill(this.content, view.element);
    view.refresh();
    this.describe(view.explorer ?? view);
    this.keys.onclick = () => (view.help ?? this.explorer.help).show();
  }

  /** The name of the file and what is in it. */
  describe(explorer) {
    const { head, about } = explorer;
    if (!head) return;
    const both = this.views.size && explorer.names;
    this.title.textContent = both ? explorer.names() : about?.file ?? "Explorer";
    this.title.title = this.title.textContent;
    if (both) {
      this.facts.textContent = "";
      return;
    }
    const clocks = [...new Set(head.sessions.map((session) => session.clock))].join(", ");
    const parts = [head.format, counted(head.count, "exchange") + (head.phase ?? ""), counted(head.sessions.length, "session")];
    if (clocks) parts.push(`clock: ${clocks}`);
    fill(this.facts, parts.join(" · "), head.masked ? this.masked(about) : null,
      head.key && head.detailed < head.count ? span("ce-pill", `bytes of the first ${amount(head.detailed)}`) : null);
  }

  masked(about) {
    const closed = about?.closed ? `; ${counted(about.closed, "byte")} that no row explains are closed` : "";
    return span("ce-pill", "masked", { title: `What is secret is not in this page${closed}` });
  }

  nextTheme() {
    const themes = Object.keys(THEMES);
    this.setTheme(themes[themes.indexOf(this.root.dataset.theme) + 1]);
    this.host.saveTheme?.(this.root.dataset.theme);
  }

  setTheme(theme) {
    const known = Object.hasOwn(THEMES, theme) ? theme : "auto"; // also behind the last one, and for what a stranger kept
    this.root.dataset.theme = known;
    this.theme.textContent = THEMES[known];
    this.theme.setAttribute("aria-label", `theme: ${known}`);
    this.setColours();
  }

  /** The colours that a theme comes to; "auto" are those of the notebook, or of the system. */
  setColours() {
    const { theme } = this.root.dataset;
    const isDark = this.host.isDark?.() ?? matchMedia("(prefers-color-scheme: dark)").matches;
    this.root.dataset.colours = theme === "dark" || (theme === "auto" && isDark) ? "dark" : "light";
    this.explorer?.timeline?.paintSoon();
  }
}
