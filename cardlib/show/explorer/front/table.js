// SPDX-License-Identifier: MIT
// The exchanges of a capture as columns: numbers in typed arrays, texts each once in a list of words.

const NONE = -1;

/** Texts, each under one number, however many rows have it. */
export class Words {
  constructor() {
    this.list = [];
    this.lower = [];
    this.places = new Map();
    this.starts = []; // of each text in all of them together
    this.all = "";
  }

  /** By place: 1 for each text in which one of these parts stands. They are looked for in all texts together. */
  having(parts) {
    const { length } = this.lower;
    while (this.starts.length < length) {
      const text = this.lower[this.starts.length];
      this.starts.push(this.all.length);
      this.all += `${text}\n`;
    }
    const flags = new Uint8Array(length);
    for (const part of parts) {
      let place = 0;
      for (let at = this.all.indexOf(part); at >= 0 && place < length; at = this.all.indexOf(part, this.starts[place])) {
        while (this.starts[place + 1] <= at) place += 1;
        if (this.lower[place].includes(part)) flags[place] = 1;
        place += 1;
      }
    }
    return flags;
  }

  place(text) {
    let place = this.places.get(text);
    if (place === undefined) {
      place = this.list.length;
      this.places.set(text, place);
      this.list.push(text);
      this.lower.push(text.toLowerCase());
    }
    return place;
  }
}

const INTEGERS = ["i", "s", "sw", "n", "app", "aid", "lc", "lr", "ch", "q", "r", "m", "title", "status"];
const TIMES = ["t", "e", "d", "gap"];
const FLAGS = ["unsure", "failed", "error"];
const LISTS = ["tags", "values"];
// Each column with what stands in it where nothing has come in.
const COLUMNS = [
  ...INTEGERS.map((key) => [key, Int32Array, NONE]),
  ...TIMES.map((key) => [key, Float64Array, NaN]),
  ...FLAGS.map((key) => [key, Uint8Array, 0]),
  ...LISTS.map((key) => [key, Array, null]),
  ["header", Array, ""],
];

/** The rows of a capture, by their place: the first has place 0, whatever its number is. */
export class Table {
  constructor(count) {
    this.count = 0;
    this.room = 0; // rows for which the columns are long enough
    this.loaded = 0;
    this.hasTimes = false;
    this.latest = 0; // ns, of all starts
    this.words = new Words();
    this.tagNames = []; // [tag, name] by the place of both in words
    this.findings = new Map(); // by place: [{rule, severity, ...}]
    this.notes = new Map(); // by place: text
    this.byNumber = new Map();
    this.ends = new Map(); // by session: the end of its last exchange that is loaded
    this.grow(count);
  }

  /** Make it so many rows long; a file that is being read gets longer again and again. */
  grow(count) {
    this.count = count;
    if (count <= this.room && this.room) return;
    this.room = Math.max(count, 2 * this.room);
    for (const [key, Kind, nothing] of COLUMNS) {
      const before = this[key] ?? [];
      const column = new Kind(this.room).fill(nothing);
      before.forEach((value, row) => { column[row] = value; });
      this[key] = column;
    }
  }

  /** Take in a chunk of rows. */
  addRows(chunk, first) {
    if (first + chunk.i.length > this.count) this.grow(first + chunk.i.length);
    const names = chunk.names.map((name) => this.words.place(name));
    const applications = chunk.applications.map(([key, title]) => [this.words.place(key), this.words.place(title)]);
    for (let place = 0; place < chunk.i.length; place += 1) {
      const row = first + place;
      for (const key of ["i", "s", "sw", "lc", "lr", "ch"]) this[key][row] = chunk[key][place];
      for (const key of ["t", "d"]) this[key][row] = chunk[key][place] ?? NaN;
      this.e[row] = chunk.e[place] ?? this.t[row] + this.d[row];
      if (chunk.t[place] !== null || chunk.d[place] !== null) this.hasTimes = true;
      this.n[row] = names[chunk.n[place]];
      [this.app[row], this.title[row]] = applications[chunk.a[place]];
      this.unsure[row] = chunk.u[place];
      this.failed[row] = chunk.x[place];
      const digits = this.sw[row].toString(16).toUpperCase().padStart(4, "0");
      this.status[row] = this.sw[row] < 0 ? NONE : this.words.place(digits);
      this.gap[row] = this.t[row] - (this.ends.get(this.s[row]) ?? NaN);
      this.ends.set(this.s[row], this.e[row]);
      this.byNumber.set(this.i[row], row);
      if (this.t[row] > this.latest) this.latest = this.t[row];
    }
    this.loaded = Math.max(this.loaded, first + chunk.i.length);
  }

  /** Take in a chunk of words. */
  addWords(chunk, first) {
    const words = chunk.words.map((word) => this.words.place(word));
    const texts = chunk.texts.map((text) => this.words.place(text));
    const tags = chunk.tags.map(([tag, name]) => {
      const place = this.words.place(`${tag} ${name}`);
      this.tagNames[place] = [tag, name];
      return place;
    });
    for (let place = 0; place < chunk.h.length; place += 1) {
      const row = first + place;
      this.header[row] = chunk.h[place];
      this.aid[row] = chunk.words[chunk.f[place]] ? words[chunk.f[place]] : NONE;
      this.q[row] = words[chunk.q[place]];
      this.r[row] = words[chunk.r[place]];
      this.m[row] = words[chunk.m[place]];
      this.tags[row] = chunk.g[place].map((tag) => tags[tag]);
      this.values[row] = chunk.v[place].map((text) => texts[text]);
      this.error[row] = chunk.e[place];
    }
  }

  /** A filter for the slowest tenth of the answers; empty where the clock does not know. */
  slowest() {
    const times = this.d.subarray(0, this.loaded).filter((ns) => ns > 0).sort();
    if (!times.length) return "";
    const limit = times[Math.floor(times.length * 0.9)];
    return limit < 1e6 ? `took >= ${Math.floor(limit / 1e3)}us` : `took >= ${Math.floor(limit / 1e5) / 10}ms`;
  }

  /** The place of an exchange by its number; -1 where it is not here. */
  at(number) {
    return this.byNumber.get(number) ?? NONE;
  }

  /** The word that a column has in a row; empty where there is none. */
  word(key, row) {
    const place = this[key][row];
    return place < 0 ? "" : this.words.list[place];
  }

  /** The status word as four digits; empty without one. */
  statusWord(row) {
    return this.word("status", row);
  }

  /** A byte of the header: 0 is CLA, 3 is P2; -1 where it is hidden or not there. */
  headerByte(row, place) {
    const digits = this.header[row].slice(2 * place, 2 * place + 2);
    return /^[0-9A-F]{2}$/.test(digits) ? parseInt(digits, 16) : NONE;
  }
}
