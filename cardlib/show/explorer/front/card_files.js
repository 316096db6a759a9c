// SPDX-License-Identifier: MIT
// The files of the card, by path: what was selected, read and written, each use a link to its exchange.

import { button, counted, fill, h, quiet, span } from "./dom.js";

const FIRST = 12; // uses of a file that are drawn before somebody asks for more

export class FilesPanel {
  constructor(explorer) {
    this.explorer = explorer;
    this.element = h("div", { class: "ce-pad" }, quiet("Reading …"));
  }

  draw(data) {
    if (!data.files.length) {
      fill(this.element, quiet("No file was selected, read or written in this capture."));
      return;
    }
    const rows = [];
    let above = [];
    for (const file of data.files) {
      for (let depth = sameStart(above, file.path); depth < file.path.length - 1; depth += 1) {
        rows.push(this.row(file.path.slice(0, depth + 1), "", []));
      }
      rows.push(this.row(file.path, file.name, file.uses, file.more));
      above = file.path;
    }
    fill(this.element, h("ul", { class: "ce-files" }, rows),
      data.more ? quiet(`${data.more} uses of further files are not shown`) : null);
  }

  row(path, name, uses, more = 0) {
    const links = h("span", { class: "ce-links" });
    const drawLinks = (count) => {
      const shown = uses.slice(0, count).map((use) => this.use(use));
      const rest = uses.length - shown.length;
      fill(links, shown, rest > 0 ? button(`${rest} more`, { class: "ce-link", onclick: () => drawLinks(uses.length) }) : null);
    };
    drawLinks(FIRST);
    const row = h("li", {},
      h("span", { class: "ce-file" },
        span("ce-tag", path[path.length - 1]),
        span("ce-name", name)),
      links, more ? span("ce-quiet", counted(more, "more use")) : null);
    row.style.setProperty("--depth", path.length - 1);
    return row;
  }

  use([number, what, record, offset]) {
    let where = "";
    if (record) where = ` record ${record}`;
    else if (offset) where = ` from ${offset}`;
    return this.explorer.link(`${what}${where} · ${number}`, [number], { class: `ce-link ce-${what}` });
  }
}

/** How many parts two paths have in common from their beginning. */
function sameStart(a, b) {
  let depth = 0;
  while (depth < a.length && depth < b.length - 1 && a[depth] === b[depth]) depth += 1;
  return depth;
}
