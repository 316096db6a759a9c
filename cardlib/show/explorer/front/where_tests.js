// SPDX-License-Identifier: MIT
// The filter language, third step: a comparison as a test of a row. Texts stand in the table once each, so that a
// part of a text is looked for once in each of them and not once in each row.

import { FIELDS, findingText } from "./where_fields.js";

const UNKNOWN = 0;
const NO = 1;
const YES = 2;

/** A test of the place of a text in the table's words, which remembers its answers. */
function remembered(accepts) {
  const answers = new WeakMap();
  return (words, place) => {
    if (place < 0) return false;
    let known = answers.get(words);
    if (!known || known.length <= place) {
      const larger = new Uint8Array(Math.max(words.list.length * 2, 1024));
      if (known) larger.set(known);
      answers.set(words, larger);
      known = larger;
    }
    if (known[place] === UNKNOWN) known[place] = accepts(words.lower[place]) ? YES : NO;
    return known[place] === YES;
  };
}

/** Whether a row has a text in the table's words that a remembered test accepts. */
function someWord(field, accepts) {
  const { word, words } = FIELDS[field];
  if (word) return (table, row) => accepts(table.words, table[word][row]);
  return (table, row) => someOf(table, words(table, row), accepts);
}

/** Whether one of these places is of a text that is accepted. */
function someOf(table, places, accepts) {
  if (!places) return false;
  for (let number = 0; number < places.length; number += 1) {
    if (accepts(table.words, places[number])) return true;
  }
  return false;
}

/** Whether one of the texts of a row that stand in the table's words is accepted. This runs for each row at each key. */
function someText(table, row, accepts) {
  const { words } = table;
  return accepts(words, table.n[row]) || accepts(words, table.q[row]) || accepts(words, table.r[row])
    || someOf(table, table.tags[row], accepts) || someOf(table, table.values[row], accepts);
}

/** A field has a value. */
export function hasTest(field) {
  const { flag, number, word, words } = FIELDS[field];
  if (flag) return flag;
  if (number) return (table, row) => number(table, row) >= 0;
  if (word || words) return someWord(field, (_, place) => place >= 0);
  return (table, row) => OTHERS[field](table, row).length > 0;
}

/** A value of a field is one of these, or in one of these ranges. */
export function equalTest(field, items) {
  const { number, word, words } = FIELDS[field];
  if (number) {
    return (table, row) => {
      const value = number(table, row);
      return value >= 0 && items.some((item) => isIn(value, item));
    };
  }
  const texts = new Set(items.map(([first]) => first));
  const accepts = remembered((text) => texts.has(text));
  if (word || words) return someWord(field, accepts);
  if (field === "tag") return tagTest([...texts]);
  if (field === "text") return (table, row) => someText(table, row, accepts) || OTHERS.text(table, row).some((text) => texts.has(text));
  if (field === "finding") {
    return (table, row) => (table.findings.get(row) ?? [])
      .some((finding) => texts.has(finding.rule.toLowerCase()) || texts.has(finding.severity));
  }
  return (table, row) => OTHERS[field](table, row).some((text) => texts.has(text));
}

function isIn(value, [first, last]) {
  if (last) return first.value <= value && value <= last.value;
  return first.mask === null ? value === first.value : (value & first.mask) === first.value;
}

/** The tag of an element is one of these, in which x is any character. */
function tagTest(tags) {
  const accepts = remembered((text) => {
    const tag = text.split(" ")[0];
    return tags.some((wanted) => wanted.length === tag.length
      && [...wanted].every((digit, place) => digit === "x" || digit === tag[place]));
  });
  return (table, row) => someOf(table, table.tags[row], accepts);
}

/** One of these is a part of a value of a field. */
export function partTest(field, parts) {
  const has = (text) => parts.some((part) => text.includes(part));
  const accepts = remembered(has);
  if (field === "bytes") {
    return (table, row) => OTHERS.bytes(table, row).some((half) => parts.some((part) => standsIn(half, part)));
  }
  if (field === "tag") return (table, row) => someOf(table, table.tags[row], accepts);
  if (field === "text") return (table, row) => someText(table, row, accepts) || OTHERS.text(table, row).some(has);
  const { word, words } = FIELDS[field];
  if (word || words) return someWord(field, accepts);
  return (table, row) => OTHERS[field](table, row).some(has);
}

/** Whether bytes stand in the hex of a half, from a whole byte on; a hidden digit is *, which no digit equals. */
function standsIn(half, digits) {
  let at = half.indexOf(digits);
  while (at % 2 === 1) at = half.indexOf(digits, at + 1);
  return at >= 0;
}

/** The value of a field is below, at or above a number. */
export function orderTest(field, operator, limit) {
  const { number } = FIELDS[field];
  const compare = {
    "<": (value) => value < limit,
    "<=": (value) => value <= limit,
    ">": (value) => value > limit,
    ">=": (value) => value >= limit,
  }[operator];
  return (table, row) => {
    const value = number(table, row);
    return value >= 0 && compare(value);
  };
}

function findingTexts(table, row) {
  return (table.findings.get(row) ?? []).map(findingText);
}

function noteTexts(table, row) {
  return [table.notes.get(row) ?? []].flat().map((note) => note.toLowerCase());
}

// The values of fields that are in no column, in lower case.
const OTHERS = {
  tag: (table, row) => table.tags[row] ?? [],
  finding: findingTexts,
  note: noteTexts,
  bytes: (table, row) => table.bytes?.get(row) ?? [],
  text: (table, row) => {
    return [table.statusWord(row).toLowerCase(), ...findingTexts(table, row), ...noteTexts(table, row)];
  },
};
