// SPDX-License-Identifier: MIT
// The filter language, third step: a comparison as a test of a row. Texts stand in the table once each, so that a
// part of a text is looked for once in each of them and not once in each row.

import { FIELDS, findingText } from "./where_fields.js";

/** A test of the place of a text in the words of a table. `flagsOf(words)` gives 1 for each that is accepted. */
function flagged(flagsOf) {
  let of = null;
  let flags = [];
  return (words, place) => {
    if (words !== of || flags.length !== words.list.length) {
      flags = flagsOf(words);
      of = words;
    }
    return flags[place] === 1;
  };
}

function flaggedEach(accepts) {
  return flagged((words) => Uint8Array.from(words.lower, accepts));
}

/** Whether a row has a text in the table's words that a test accepts. */
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

/** Whether some text of a row is accepted: those in the table's words by `accepts`, others by `has`. */
function anywhere(accepts, has) {
  return (table, row) => accepts(table.words, table.n[row]) || accepts(table.words, table.status[row])
    || accepts(table.words, table.q[row]) || accepts(table.words, table.r[row])
    || someOf(table, table.tags[row], accepts) || someOf(table, table.values[row], accepts)
    || findingTexts(table, row).some(has) || noteTexts(table, row).some(has);
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
  const accepts = flaggedEach((text) => texts.has(text));
  if (word || words) return someWord(field, accepts);
  if (field === "tag") return tagTest([...texts]);
  if (field === "text") return anywhere(accepts, (text) => texts.has(text));
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
  const isTag = (text) => tags.some((tag) => text[tag.length] === " "
    && [...tag].every((digit, place) => digit === "x" || digit === text[place]));
  const accepts = flaggedEach(isTag);
  return (table, row) => someOf(table, table.tags[row], accepts);
}

/** One of these is a part of a value of a field. */
export function partTest(field, parts) {
  const has = (text) => parts.some((part) => text.includes(part));
  const accepts = flagged((words) => words.having(parts));
  if (field === "bytes") {
    return (table, row) => OTHERS.bytes(table, row).some((half) => parts.some((part) => standsIn(half, part)));
  }
  if (field === "tag") return (table, row) => someOf(table, table.tags[row], accepts);
  if (field === "text") return anywhere(accepts, has);
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

const EMPTY = [];

function findingTexts({ findings }, row) {
  return findings.has(row) ? findings.get(row).map(findingText) : EMPTY;
}

function noteTexts({ notes }, row) {
  return notes.has(row) ? [notes.get(row)].flat().map((note) => note.toLowerCase()) : EMPTY;
}

// The values of fields that are in no column, in lower case.
const OTHERS = {
  tag: (table, row) => table.tags[row] ?? [],
  finding: findingTexts,
  note: noteTexts,
  bytes: (table, row) => table.bytes?.get(row) ?? [],
  text: (table, row) => [table.statusWord(row)],
};
