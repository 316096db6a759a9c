// SPDX-License-Identifier: MIT
// A capture that Python decodes while it is shown: rows come while the file is read, and of a long capture the words
// come when they are looked at, or when a filter needs them.

import { CONTRACT } from "./chunks.js";
import { checkedNotes } from "./notes.js";
import { Table } from "./table.js";

const GROWTH = 1.5; // times the rows of the redrawing before
const MANY = 10_000; // exchanges, beyond which not all of them are decoded by themselves
// Fields of the filter that are looked up in words; those of the others stand in rows, findings and notes.
const DECODED = ["text", "tag", "value", "aid", "cla", "ins", "p1", "p2", "error"];

export class Growing {
  constructor(loading) {
    this.loading = loading;
    this.explorer = loading.explorer;
    this.drafts = new Set(); // numbers of blocks that are here, or asked for
  }

  /** Show the first rows; says whether the file is still being read. */
  async begin() {
    this.grown = await this.loading.chunks.get("grow-0");
    if (!this.grown?.more) return false;
    if (this.grown.contract !== CONTRACT) throw new Error("the data are of another version than this page");
    const { format, masked, block } = this.grown;
    // This head has no key yet, and nothing is decoded.
    const phase = " so far, being read";
    this.explorer.open({ format, masked, phase, block, count: 0, detailed: 0, frames: 0, problemCount: 0, sessions: [] });
    this.take();
    return true;
  }

  /** Read the file to its end, with its rows. */
  async toTheEnd() {
    const { explorer, loading } = this;
    let drawn = explorer.table.loaded;
    while (this.grown.more) {
      this.grown = await this.ask(`grow-${explorer.table.loaded}`);
      this.take();
      if (explorer.table.loaded < drawn * GROWTH) continue;
      drawn = explorer.table.loaded;
      explorer.refresh();
      explorer.onabout?.(explorer);
    }
    explorer.refresh();
    await this.lookThrough();
    this.end(await loading.chunks.head());
    if (!this.grown.inOrder) await loading.loadRows(0);
  }

  /** Look for what is secret in all exchanges, part by part; what is on the screen is asked for in between. */
  async lookThrough() {
    const { explorer } = this;
    let seen;
    do {
      seen = await this.ask(`survey-${explorer.head.count}`);
      explorer.head.phase = ` read, ${Math.floor((100 * seen.known) / explorer.head.count)} % looked through for what is secret`;
      explorer.onabout?.(explorer);
      explorer.list.virtual.render();
    } while (seen.more);
  }

  /** What the lines on the screen say while it is not known what is secret in all of them. */
  async draft(rows) {
    const { explorer, loading } = this;
    const { block } = explorer.head; // exchanges in a draft
    for (const number of new Set(rows.map((row) => Math.floor(row / block)))) {
      const isThere = (number + 1) * block <= explorer.table.loaded || !this.grown.more;
      if (this.drafts.has(number) || !isThere) continue;
      this.drafts.add(number);
      await loading.load(`draft-${number}`, (chunk) => {
        if (!explorer.head.key) explorer.table.addWords(chunk, number * block);
      });
      explorer.list.virtual.render();
    }
  }

  /** A chunk that there must be. */
  async ask(name) {
    try {
      return await this.loading.chunks.load(name);
    } catch (fault) {
      this.explorer.empty.textContent = `This capture could not be read to its end: ${fault.message}`;
      throw fault;
    }
  }

  take() {
    const { head, table } = this.explorer;
    head.sessions.push(...this.grown.sessions);
    if (this.grown.i) table.addRows(this.grown, table.loaded);
    head.count = table.loaded;
  }

  /** All is read: what it is called, what is in it, and what is secret in it, is known now. */
  end(head) {
    const { explorer } = this;
    explorer.head = head;
    explorer.notes = new Map([...checkedNotes(explorer.host.notes(head.key)), ...explorer.notes]);
    if (!this.grown.inOrder) {
      explorer.table = new Table(head.count); // sessions of several readers: they stand one after the other
      explorer.chosen = -1;
    } else if (explorer.chosen >= 0) explorer.inspector.show(explorer.chosen, explorer.inspector.later);
    explorer.onabout?.(explorer);
    explorer.setFilter(explorer.filter);
  }

  /** Whether words are asked for only when they are needed. */
  get isSparing() {
    return this.explorer.head.count > MANY;
  }

  /** The words that are not here yet, for a filter that looks at them. */
  async wordsFor(fields) {
    if (!this.isSparing || this.asksForAll || !DECODED.some((field) => fields.has(field))) return;
    this.asksForAll = true;
    this.explorer.say("All exchanges are decoded for this filter …");
    await this.loading.loadAllWords();
  }
}
