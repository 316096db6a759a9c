// SPDX-License-Identifier: MIT
// The fields of the filter language: how the values of each are written, which operators fit, and where they stand.

import { WhereError } from "./where_words.js";

const EQUALS = ["==", "!=", "in"];
const ORDERS = ["<", "<=", ">", ">="];
const NUMBERS = [...EQUALS, ...ORDERS];
const TEXTS = [...EQUALS, "~"];
export const UNITS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, min: 60e9 };

/** {value, mask}: only the bits of the mask count; without a mask all do. */
function decimal(text) {
  return /^[0-9]{1,15}$/.test(text) ? { value: Number(text), mask: null } : null;
}

/** A duration in ns, of a number and its unit. Counted in whole numbers: 0.1 s has no exact form in binary. */
function time(text) {
  const match = /^([0-9]{1,9})(?:\.([0-9]{1,9}))?(ns|us|ms|s|min)$/.exec(text.toLowerCase());
  if (!match) return null;
  const [, whole, fraction = "", unit] = match;
  const scale = 10n ** BigInt(fraction.length);
  const units = BigInt(whole + fraction) * BigInt(UNITS[unit]);
  return { value: Number((2n * units + scale) / (2n * scale)), mask: null };
}

/** Hex digits in upper case without the prefix 0x; "0x" alone is a digit and any digit. */
function bareHex(text) {
  const digits = text.toUpperCase();
  return digits.length > 2 && digits.startsWith("0X") ? digits.slice(2) : digits;
}

function hexNumber(count) {
  return (text) => {
    const digits = bareHex(text);
    if (digits.length !== count || !/^[0-9A-FX]+$/.test(digits)) return null;
    if (!digits.includes("X")) return { value: parseInt(digits, 16), mask: null };
    const mask = digits.replace(/[0-9A-F]/g, "F").replace(/X/g, "0");
    return { value: parseInt(digits.replace(/X/g, "0"), 16), mask: parseInt(mask, 16) };
  };
}

function bytes(text) {
  const digits = bareHex(text.replace(/\s/g, ""));
  return /^(?:[0-9A-F]{2})+$/.test(digits) ? digits : null;
}

const lower = (text) => text.toLowerCase();
const NUMBER = { operators: NUMBERS, wrong: "is no number", read: decimal };
const BYTE = { operators: NUMBERS, wrong: "is not two hex digits", read: hexNumber(2) };
const WORD = { operators: NUMBERS, wrong: "is not four hex digits", read: hexNumber(4) };
const DURATION = { operators: NUMBERS, wrong: "is no time: 50ms, 1.5s (ns us ms s min)", read: time, hasUnit: true };
const TEXT = { operators: TEXTS, wrong: "is no text", read: lower };
const TAG = { operators: TEXTS, wrong: "is no tag", read: (text) => bareHex(text).toLowerCase() };
const BYTES = { operators: ["~"], wrong: "is no hex of whole bytes", read: bytes };
const FLAG = { operators: [], wrong: "", read: lower };

const column = (key) => ({ number: (table, row) => table[key][row] });
const header = (place) => ({ number: (table, row) => table.headerByte(row, place) });
const word = (key) => ({ word: key });

// What the help says, and how the values of a row are looked up: `word` is a column of places of texts, `words` gives
// several. A number that is not there is -1 or NaN.
export const FIELDS = {
  n: { kind: NUMBER, help: "number of the exchange", ...column("i") },
  session: { kind: NUMBER, help: "number of the session", ...column("s") },
  channel: { kind: NUMBER, help: "logical channel", ...column("ch") },
  command: { kind: TEXT, help: "name of the command", ...word("n") },
  cla: { kind: BYTE, help: "class byte", ...header(0) },
  ins: { kind: BYTE, help: "instruction byte", ...header(1) },
  p1: { kind: BYTE, help: "P1", ...header(2) },
  p2: { kind: BYTE, help: "P2", ...header(3) },
  sw: { kind: WORD, help: "status word; x is any digit: 63Cx", ...column("sw") },
  aid: { kind: TEXT, help: "AID that is selected", ...word("aid") },
  app: { kind: TEXT, help: "application that is selected", ...word("app") },
  tag: { kind: TAG, help: "data element: 9F26, 9Fxx; ~ looks in its name, too" },
  took: { kind: DURATION, help: "how long the answer took: 50ms", ...column("d") },
  time: { kind: DURATION, help: "since the first stamp of the session", ...column("t") },
  gap: { kind: DURATION, help: "since the end of the exchange before", ...column("gap") },
  lc: { kind: NUMBER, help: "bytes of data in the command", ...column("lc") },
  lr: { kind: NUMBER, help: "bytes of data in the answer", ...column("lr") },
  text: { kind: TEXT, help: "anything on the screen" },
  value: { kind: TEXT, help: "what data elements mean", words: (table, row) => table.values[row] },
  finding: { kind: TEXT, help: "a rule that fails, or its severity" },
  note: { kind: TEXT, help: "your notes" },
  bytes: { kind: BYTES, help: "hex in a command or an answer" },
  error: { kind: FLAG, help: "a part of it is damaged or wrong", flag: (table, row) => table.error[row] === 1 },
  failed: { kind: FLAG, help: "the card refused, or did not answer", flag: (table, row) => table.failed[row] === 1 },
};

/** The value that a token stands for. */
export function readValue(kind, text, at) {
  const value = kind.read(text);
  if (value === null) throw new WhereError(`"${text}" ${kind.wrong}`, at);
  return value;
}

/** What the text of a finding is looked for in. */
export function findingText(finding) {
  return `${finding.rule} ${finding.severity} ${finding.title}: ${finding.detail}`.toLowerCase();
}
