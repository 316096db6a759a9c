// SPDX-License-Identifier: MIT
// What happened, act by act: its steps, what was done or decided there, and the bytes that show it.

import { counted, fill, h, quiet, span } from "./dom.js";

const AGREES = { true: ["✓", "agrees"], false: ["✗", "does not agree"], null: ["–", "nothing to compare"] };
const PROVEN = { verified: "✓", failed: "✗", "not checkable": "–" };
const FIRST = 100; // acts that are drawn before somebody asks for more

/** The first lines of the print of a capture. */
export function factsOf(about) {
  return h("div", { class: "ce-facts" }, about.summary.map((line) => h("p", { text: line.trim() })));
}

export class StoryPanel {
  constructor(explorer) {
    this.explorer = explorer;
    this.element = h("div", { class: "ce-pad" }, quiet("Reading …"));
  }

  draw(data, about) {
    const problems = about.problems.map((problem) => h("li", { text: problem }));
    const acts = data.acts.slice(0, FIRST).map((act, place) => this.act(act, place === 0 || data.acts.length < 4));
    const rest = data.acts.length - acts.length + data.more;
    fill(this.element,
      factsOf(about),
      problems.length ? h("details", {}, h("summary", { text: counted(problems.length, "problem of the capture") }), h("ul", {}, problems)) : null,
      acts.length ? acts : quiet("No act of an application in this capture."),
      rest > 0 ? quiet(counted(rest, "more act")) : null);
  }

  act(act, open) {
    const steps = (act.steps ?? []).map((step, place) => this.step(step, place + 1));
    const proofs = (act.proofs ?? []).map((proof) => this.proof(proof));
    return h("details", { class: `ce-act ce-${act.outcome}`, open },
      h("summary", { text: act.headline }),
      this.links(act.ranges.map(([first]) => [first])),
      h("ol", { class: "ce-steps" }, steps),
      proofs.length ? h("h2", { text: "Computed again" }) : null,
      proofs.length ? h("ul", { class: "ce-statements" }, proofs) : null);
  }

  step(step, number) {
    return h("li", {},
      h("h2", { text: `${number} ${step.name}` }),
      this.links(step.ranges.map(([first]) => [first]), step.ranges),
      h("ul", { class: "ce-statements" }, step.said.map((statement) => this.statement(statement))));
  }

  statement(statement) {
    const [sign, meaning] = AGREES[statement.agrees];
    return h("li", { class: statement.agrees === false ? "ce-disagrees" : null },
      span("ce-sign", sign, { role: "img", "aria-label": meaning }),
      h("span", { text: statement.text }), this.links(statement.places));
  }

  proof(proof) {
    const reason = proof.reason ? `, ${proof.reason}` : "";
    return h("li", { class: proof.verdict === "failed" ? "ce-disagrees" : null },
      span("ce-sign", PROVEN[proof.verdict], { role: "img", "aria-label": proof.verdict }),
      h("span", { text: `${proof.name}: ${proof.verdict}${reason}` }), this.links(proof.places));
  }

  links(places, ranges = null) {
    if (!places.length) return null;
    return h("span", { class: "ce-links" }, places.map((place, number) => {
      const [exchange, side, start, stop] = place;
      const range = ranges?.[number];
      let label = `exchange ${exchange}`;
      if (range && range[1] > range[0]) label = `exchanges ${range[0]}–${range[1]}`;
      if (side) label = `${exchange} ${side} ${start}..${stop}`;
      return this.explorer.link(label, place);
    }));
  }
}
