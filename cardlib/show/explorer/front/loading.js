// SPDX-License-Identifier: MIT
// What comes in of a capture, and in which order: the rows first, what is on the screen before the rest, the rules last.

const HURRY = 20; // chunks between two redrawings while a capture is coming in

export class Loading {
  constructor(explorer) {
    this.explorer = explorer;
    this.chunks = explorer.chunks;
    this.words = new Set(); // numbers of the chunks that are here, or asked for
  }

  /** Hand a chunk on, if there is one; where it broke what makes it, that is said. */
  async load(name, take) {
    const broken = ({ message }) => this.explorer.say(`A part of this capture could not be shown: ${message}`);
    const chunk = await this.chunks.get(name).catch(broken);
    if (chunk) take(chunk);
  }

  /** The first rows, as soon as they are here. */
  async begin() {
    this.growing = this.explorer.host.growing?.(this);
    this.grows = await this.growing?.begin();
    if (this.grows) return;
    this.explorer.open(await this.chunks.head());
    await this.loadRows(0);
  }

  /** All rows, then everything else. `link` is what to open. */
  async rest(link) {
    const { explorer } = this;
    if (explorer.table.at(link.exchange) >= 0) explorer.goToLink(link);
    if (this.grows) await this.growing.toTheEnd();
    const { head, table } = explorer;
    for (let number = 1; number * head.rows < head.count && table.loaded < head.count; number += 1) {
      await this.loadRows(number);
      if (number % HURRY === 0) explorer.refresh();
    }
    explorer.refresh();
    if (link.exchange !== null && explorer.chosen < 0) explorer.goToLink(link);
    await this.loadWords(0);
    explorer.refresh();
    await Promise.all([
      this.load("about", (about) => explorer.setAbout(about)),
      this.load("acts", (acts) => explorer.setActs(acts)),
      this.load("findings", (findings) => explorer.setFindings(findings)),
    ]);
    if (!this.growing?.isSparing) await this.loadAllWords();
    explorer.isReady();
  }

  async loadRows(number) {
    const chunk = await this.chunks.get(`rows-${number}`);
    if (chunk) this.explorer.table.addRows(chunk, number * this.explorer.head.rows);
  }

  async loadWords(number) {
    if (this.words.has(number)) return;
    this.words.add(number);
    const { head, table } = this.explorer;
    await this.load(`words-${number}`, (chunk) => table.addWords(chunk, number * head.words));
  }

  async loadAllWords() {
    const { explorer } = this;
    const { head } = explorer;
    for (let number = 0; number * head.words < head.count; number += 1) {
      await this.loadWords(number);
      if (number % HURRY === 0) explorer.refresh();
    }
    explorer.refresh();
  }

  /** What a filter looks at beside the rows. */
  forFilter(fields) {
    if (!this.explorer.head.key) return;
    if (fields.has("bytes")) this.loadBytes();
    this.growing?.wordsFor(fields);
  }

  /** The words of what is on the screen come before those of the rest. */
  async wordsOnScreen(first, last) {
    const { head, lines, list } = this.explorer;
    const rows = lines.slice(first, last).filter((line) => line >= 0);
    if (!head.key) {
      this.growing.draft(rows);
      return;
    }
    for (const number of new Set(rows.map((row) => Math.floor(row / head.words)))) {
      if (this.words.has(number)) continue;
      await this.loadWords(number);
      list.virtual.render();
    }
  }

  /** The halves of all exchanges, for a filter that looks at bytes. */
  async loadBytes() {
    const { explorer } = this;
    const { head, table } = explorer;
    if (table.bytes) return;
    table.bytes = new Map();
    for (let place = 0; place < head.detailed; place += head.block) {
      await this.load(`details-${place / head.block}`, ({ rows }) => {
        rows.forEach((row, offset) => table.bytes.set(place + offset, row.views.map((view) => view.hex)));
      });
    }
    explorer.refresh();
    if (head.detailed < head.count) explorer.say(`Bytes are looked for in the first ${head.detailed} exchanges`);
  }
}
