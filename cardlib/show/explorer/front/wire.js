// SPDX-License-Identifier: MIT
// The frames of the wire below an exchange: who sent what, when, and how long nobody did.

import { duration, h, quiet, tableOf } from "./dom.js";

const ARROWS = { reader: "→", card: "←", both: "↔", none: "·" };

/** A table of frames [sender, kind, start, end, line or packet, hex, note]. */
export function wireTable(frames) {
  if (!frames.length) return quiet("The capture tells of no frames below this exchange.", "ce-pad");
  const [[, , first]] = frames;
  let end = null;
  const rows = frames.map(([sender, kind, start, stop, unit, digits, note]) => {
    const wait = end !== null && start !== null ? duration(start - end) : "";
    end = stop ?? start;
    return h("tr", { class: `ce-from-${sender}` },
      h("td", { text: `${ARROWS[sender]} ${sender}` }),
      h("td", { text: kind }),
      h("td", { class: "ce-numeric", text: start === null ? "" : duration(start - first), title: `${start} ns in the file` }),
      h("td", { class: "ce-numeric", text: wait }),
      h("td", { class: "ce-numeric", text: unit }),
      h("td", { class: "ce-mono", text: grouped(digits) }),
      h("td", { text: note }));
  });
  return tableOf(["from", "kind", "time", "wait", "unit", "bytes", "remark"], rows);
}

/** Hex with a blank behind each byte, so that it can be broken into lines. */
function grouped(digits) {
  return (digits.match(/../g) ?? []).join(" ");
}
