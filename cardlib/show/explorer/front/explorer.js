// SPDX-License-Identifier: MIT
// One capture to walk in: its state, and who is told when it changes. What is drawn stands in the other modules.

import { Chunks } from "./chunks.js";
import { button, counted, fill, h, quiet } from "./dom.js";
import { FilterBox } from "./filter_box.js";
import { FilesPanel } from "./card_files.js";
import { FindingsPanel } from "./findings.js";
import { Help } from "./help.js";
import { Inspector } from "./inspector.js";
import { listenToKeys } from "./keys.js";
import { headingsOf, linesOf } from "./lines.js";
import { List } from "./list.js";
import { Loading } from "./loading.js";
import { NotesPanel, checkedNotes } from "./notes.js";
import { StoryPanel } from "./story.js";
import { Table } from "./table.js";
import { Tabs } from "./tabs.js";
import { Timeline } from "./timeline.js";
import { where } from "./where.js";
import { WhereError } from "./where_words.js";

const MOST_VISITED = 200;
const TYPING = 300; // ms without a key, after which a filter goes into the address: a browser takes few changes of it

export class Explorer {
  constructor(host, number) {
    this.host = host;
    this.chunks = new Chunks(host, number);
    this.loading = new Loading(this);
    this.lines = [];
    this.headings = [];
    this.folded = new Set();
    this.acts = [];
    this.notes = new Map();
    this.chosen = -1;
    this.lit = null;
    this.filter = "";
    this.test = () => true;
    this.brushed = null;
    this.visited = [];
    this.visit = -1;
    this.message = h("p", { class: "ce-message", role: "status" });
    this.element = h("div", { class: "ce-capture" }, quiet("Reading …", "ce-pad"));
  }

  /** Draw what there is, as it comes in; promises that the list is there. `link` is what to open. */
  async start(link) {
    await this.loading.begin();
    this.filterBox.set(link.filter ?? this.host.setup.filter ?? "");
    if (link.tab) this.tabs.show(link.tab);
    this.loading.rest(link);
  }

  /** Make room for what will come in; of a file that is being read, the head is not the last one. */
  open(head) {
    this.head = head;
    this.table = new Table(head.count);
    this.notes = checkedNotes(this.host.notes(head.key));
    this.build();
  }

  goToLink({ exchange, bytes }) {
    this.goToPlace(bytes ? [exchange, bytes.side, bytes.start, bytes.stop] : [exchange]);
  }

  isReady() {
    this.element.dataset.ready = "true";
    this.onready?.();
  }

  build() {
    this.inspector = new Inspector(this);
    this.findingsPanel = new FindingsPanel(this);
    this.storyPanel = new StoryPanel(this);
    this.filesPanel = new FilesPanel(this);
    this.notesPanel = new NotesPanel(this);
    this.help = new Help();
    this.tabs = new Tabs("about the exchange and the capture", [
      ["bytes", "Bytes", this.inspector.element],
      ["wire", "Wire", this.inspector.wire],
      ["findings", "Findings", this.findingsPanel.element],
      ["story", "Story", this.storyPanel.element],
      ["files", "Files", this.filesPanel.element],
      ["notes", "Notes", this.notesPanel.element],
    ], (tab) => this.openedTab(tab));
    this.filterBox = new FilterBox((text) => this.setFilter(text));
    this.filterBox.onleave = () => this.list.element.focus();
    this.timeline = new Timeline(this, {
      onbrush: (test) => this.setBrush(test),
      onchoose: (row) => this.choose(row, { reveals: true }),
    });
    this.list = new List(this, { onchoose: (row) => this.choose(row, {}), onfold: (number) => this.toggle(number) });
    this.list.onpainted = (first, last) => this.loading.wordsOnScreen(first, last);
    const close = button("‹ List", { class: "ce-back", onclick: () => this.showList() });
    fill(this.element, this.filterBox.element, this.timeline.element,
      h("div", { class: "ce-panes" },
        h("section", { class: "ce-pane", "aria-label": "list" }, this.list.element, this.empty = quiet("", "ce-nothing")),
        h("section", { class: "ce-pane", "aria-label": "details" }, close, this.tabs.element)),
      this.message, this.help.element);
    listenToKeys(this);
  }

  setAbout(about) {
    this.about = about;
    if (this.chosen < 0) this.inspector.begin(about);
    this.onabout?.(this);
    this.drawStory();
  }

  setActs(data) {
    this.actsData = data;
    this.acts = data.acts;
    this.drawStory();
    this.refresh();
  }

  drawStory() {
    if (this.actsData && this.about) this.storyPanel.draw(this.actsData, this.about);
  }

  setFindings(data) {
    for (const finding of data.findings) {
      if (finding.verdict !== "fail") continue;
      for (const number of new Set(finding.places.map((place) => place[0]))) {
        const row = this.table.at(number);
        if (row < 0) continue;
        const here = this.table.findings.get(row) ?? [];
        this.table.findings.set(row, [...here, finding]);
      }
    }
    this.findingsPanel.draw(data);
    this.tabs.setCount("findings", data.findings.filter((finding) => finding.verdict === "fail").length);
    this.refresh();
    if (this.chosen >= 0) this.inspector.drawHead();
  }

  openedTab(tab) {
    this.remember();
    if (tab === "files" && !this.hasFiles && this.head.key) {
      this.hasFiles = true;
      this.loading.load("files", (files) => this.filesPanel.draw(files));
    }
    if (tab === "notes") this.notesPanel.draw();
  }

  /** Work out again what the list shows. */
  refresh() {
    const { table } = this;
    this.drawNotes();
    this.makeHeadings();
    this.shown = new Uint8Array(table.count);
    const shows = (row) => {
      const yes = this.test(table, row) && (!this.brushed || this.brushed(row));
      this.shown[row] = yes ? 1 : 0;
      return yes;
    };
    const { lines, count } = linesOf(this.headings, this.folded, shows);
    this.lines = lines;
    this.list.cursor = lines.indexOf(this.chosen);
    this.list.refresh();
    if (!this.timeline.scale || this.timeline.known !== table.loaded) {
      this.timeline.known = table.loaded;
      this.timeline.refresh();
    } else this.timeline.paintSoon();
    this.filterBox.setCount(count, table.count);
    this.empty.textContent = lines.length ? "" : this.nothing();
  }

  /** The headings change with what has come in, and not with a filter. */
  makeHeadings() {
    const { table, acts } = this;
    if (this.headed?.rows === table.loaded && this.headed.acts === acts) return;
    this.headed = { rows: table.loaded, acts };
    this.filterBox.setSlow(table.slowest());
    this.headings = headingsOf(table, this.head, acts);
  }

  nothing() {
    const { count, frames, sessions, problemCount } = this.head;
    if (count) return "No exchange passes the filter.";
    const below = frames ? `, only ${counted(frames, "frame")} of layers below` : "";
    const problems = problemCount ? `; ${counted(problemCount, "problem")}, see Story` : "";
    return `No commands and answers (APDUs) in ${counted(sessions.length, "session")}${below}${problems}.`;
  }

  drawNotes() {
    this.table.notes.clear();
    for (const [number, note] of this.notes) {
      const row = this.table.at(number);
      if (row >= 0) this.table.notes.set(row, note.text);
    }
    this.tabs.setCount("notes", this.table.notes.size);
  }

  /** Take a filter; gives what is wrong with it, or null. A wrong one leaves the one before. */
  setFilter(text) {
    let test;
    try {
      test = where(text);
    } catch (fault) {
      if (fault instanceof WhereError) return fault;
      throw fault;
    }
    this.filter = text.trim();
    this.test = test;
    this.refresh();
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => this.remember(), TYPING);
    this.host.filter?.(this.filter);
    this.loading.forFilter(test.fields);
    return null;
  }

  setBrush(test) {
    this.brushed = test;
    this.refresh();
  }

  toggle(number) {
    const { first } = this.headings[number];
    if (this.folded.has(first)) this.folded.delete(first);
    else this.folded.add(first);
    const line = this.list.cursor;
    this.refresh();
    this.list.cursor = line;
    this.list.virtual.paint();
  }

  /** Show an exchange. `place`: bytes to light; `reveals`: bring its line onto the screen; `stays`: no new visit. */
  choose(row, { place = null, reveals = false, stays = false }) {
    this.chosen = row;
    this.lit = null;
    if (!stays) this.remembersVisit(row);
    this.element.classList.add("ce-has-chosen");
    if (reveals) {
      this.unfold(row);
      this.list.goTo(row);
    }
    this.timeline.paintSoon();
    const shown = this.inspector.show(row, place);
    this.remember();
    this.host.chosen?.(this.table.i[row], null);
    return shown;
  }

  /** An exchange that is folded away or filtered out is shown all the same. */
  unfold(row) {
    const heading = this.headings.find((one) => one.first <= row && row <= one.last);
    if (heading && this.folded.delete(heading.first)) this.refresh();
    if (!this.lines.includes(row) && (this.filter || this.brushed)) this.say("The filter hides this exchange in the list");
  }

  /** Go to [exchange, side, start, stop], or to the exchange alone. */
  goToPlace([number, side, start, stop]) {
    const row = this.table.at(number);
    if (row < 0) {
      this.say(`There is no exchange ${number}`);
      return null;
    }
    this.tabs.show("bytes");
    const place = side && stop > start ? { side, start, stop } : null;
    return this.choose(row, { place, reveals: true });
  }

  /** A button that goes to a place. */
  link(label, place, properties = {}) {
    return button(label, { class: "ce-link", onclick: () => this.goToPlace(place), ...properties });
  }

  /** The next or previous row, of all, for which this holds. */
  step(direction, accepts) {
    for (let row = this.chosen + direction; row >= 0 && row < this.table.loaded; row += direction) {
      if (accepts(row)) {
        this.choose(row, { reveals: true });
        return;
      }
    }
    this.say("There is none in this direction");
  }

  remembersVisit(row) {
    if (this.visited[this.visit] === row) return;
    this.visited.length = this.visit + 1;
    this.visited.push(row);
    if (this.visited.length > MOST_VISITED) this.visited.shift();
    this.visit = this.visited.length - 1;
  }

  /** Show again what was looked at before or after. */
  revisit(visit) {
    if (!(visit in this.visited)) return;
    this.visit = visit;
    this.choose(this.visited[visit], { reveals: true, stays: true });
  }

  litBytes(place) {
    this.lit = place.stop > place.start ? place : null;
    this.remember();
    this.host.chosen?.(this.table.i[this.chosen], this.lit);
  }

  editNote() {
    if (this.chosen < 0) {
      this.say("Choose an exchange first");
      return;
    }
    this.tabs.show("bytes");
    this.inspector.editNote();
  }

  writeNote(number, text, place) {
    if (text) this.notes.set(number, { text, b: place });
    else this.notes.delete(number);
    this.setNotes(this.notes);
  }

  setNotes(notes) {
    this.notes = notes;
    if (this.head.key) this.host.saveNotes(this.head.key, Object.fromEntries(notes));
    this.notesPanel.draw();
    this.refresh();
  }

  get state() {
    const exchange = this.chosen < 0 ? null : this.table.i[this.chosen];
    return { exchange, bytes: this.lit, filter: this.filter, tab: this.tabs.open };
  }

  remember() {
    this.host.remember?.(this.state);
  }

  address() {
    return this.host.address(this.state);
  }

  showList() {
    this.element.classList.remove("ce-has-chosen");
    this.list.element.focus();
  }

  say(text) {
    this.message.textContent = text;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => {
      this.message.textContent = "";
    }, 4000);
  }
}
