// SPDX-License-Identifier: MIT
// The lines of the list: the exchanges that are shown, under headings of what happened, which fold.

/** Headings: each is a stretch of rows of one session and one act. */
export function headingsOf(table, head, acts) {
  const actOf = new Int32Array(table.count).fill(-1);
  acts.forEach((act, number) => {
    for (const [first, last] of act.ranges) {
      for (let exchange = first; exchange <= last; exchange += 1) {
        const row = table.at(exchange);
        if (row >= 0) actOf[row] = number;
      }
    }
  });
  const sessions = new Map(head.sessions.map((session) => [session.index, session]));
  const headings = [];
  const seen = new Set();
  let current = null;
  for (let row = 0; row < table.loaded; row += 1) {
    const act = actOf[row];
    if (current && current.session === table.s[row] && current.act === act) {
      current.last = row;
      continue;
    }
    current = { session: table.s[row], act, first: row, last: row };
    Object.assign(current, titleOf(current, sessions, acts, seen));
    headings.push(current);
  }
  return headings;
}

function titleOf(heading, sessions, acts, seen) {
  if (heading.act >= 0) {
    const { headline, outcome, kind } = acts[heading.act];
    const again = seen.has(heading.act) ? ", continued" : "";
    seen.add(heading.act);
    return { title: headline + again, outcome, kind };
  }
  const session = sessions.get(heading.session);
  const card = session && session.card ? `: ${session.card}` : "";
  return { title: `Session ${heading.session}${card}`, outcome: "", kind: "session" };
}

/**
 * What the list shows, as numbers: a row by its place, a heading h as -1 - h. `shows(row)` is the filter; the rows of
 * a folded heading are left out, but `count` has them. A heading without a row that is shown is left out, too.
 */
export function linesOf(headings, folded, shows) {
  const lines = [];
  let count = 0;
  headings.forEach((heading, number) => {
    const before = lines.length;
    lines.push(-1 - number);
    heading.shown = 0;
    for (let row = heading.first; row <= heading.last; row += 1) {
      if (!shows(row)) continue;
      heading.shown += 1;
      if (!folded.has(heading.first)) lines.push(row);
    }
    count += heading.shown;
    if (!heading.shown) lines.length = before;
  });
  return { lines, count };
}
