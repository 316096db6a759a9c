// SPDX-License-Identifier: MIT
// Where exchanges stand on the timeline. Each session has its own clock, so sessions stand one after the other, with
// a break between them; a session without times has a step an exchange.

import { duration } from "./dom.js";

const STEP = 10e6; // ns of an exchange without times
const BREAK_SHARE = 0.03; // of all, between two sessions

/** {from, to: Float64Array by row, length, breaks: [{at, width, label}]}, in ns. */
export function scaleOf(table, head) {
  const from = new Float64Array(table.count);
  const to = new Float64Array(table.count);
  const stretches = stretchesOf(table);
  let length = 0;
  for (const stretch of stretches) length += stretch.length;
  const width = length * Math.min(BREAK_SHARE, 0.3 / Math.max(stretches.length, 1));
  const breaks = [];
  let base = 0;
  stretches.forEach((stretch, place) => {
    if (place > 0) {
      breaks.push({ at: base, width, label: breakLabel(stretches[place - 1], stretch, head) });
      base += width;
    }
    for (let row = stretch.first; row <= stretch.last; row += 1) {
      const start = stretch.timed ? table.t[row] - stretch.origin : (row - stretch.first) * STEP;
      const end = stretch.timed ? table.e[row] - stretch.origin : start + STEP * 0.8;
      from[row] = base + (Number.isNaN(start) ? from[row - 1] - base || 0 : start);
      to[row] = Math.max(from[row], base + (Number.isNaN(end) ? start || 0 : end));
    }
    base += stretch.length;
  });
  return { from, to, length: Math.max(base, 1), breaks };
}

/** Rows of one session that follow each other. */
function stretchesOf(table) {
  const stretches = [];
  let current = null;
  for (let row = 0; row < table.loaded; row += 1) {
    if (!current || current.session !== table.s[row]) {
      current = { session: table.s[row], first: row, last: row, origin: NaN, end: NaN };
      stretches.push(current);
    }
    current.last = row;
    if (!Number.isNaN(table.t[row])) {
      current.origin = Math.min(table.t[row], Number.isNaN(current.origin) ? Infinity : current.origin);
      current.end = Math.max(table.e[row] || table.t[row], Number.isNaN(current.end) ? -Infinity : current.end);
    }
  }
  for (const stretch of stretches) {
    stretch.timed = stretch.end > stretch.origin;
    stretch.length = stretch.timed ? stretch.end - stretch.origin : (stretch.last - stretch.first + 1) * STEP;
  }
  return stretches;
}

/** How long nobody spoke between two sessions, where the capture says when each began. */
function breakLabel(before, after, head) {
  const started = (index) => Date.parse(head.sessions.find((session) => session.index === index)?.started ?? "");
  const pause = started(after.session) - started(before.session) - (before.timed ? before.end / 1e6 : 0);
  return pause > 0 ? duration(pause * 1e6) : "";
}
