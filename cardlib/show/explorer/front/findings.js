// SPDX-License-Identifier: MIT
// The findings: what fails first, each with links to the bytes that show it.

import { counted, fill, h, quiet, span } from "./dom.js";

const VERDICTS = { fail: "fails", "not-enough-data": "not enough data", pass: "passes" };

export class FindingsPanel {
  constructor(explorer) {
    this.explorer = explorer;
    this.element = h("div", { class: "ce-pad" });
    fill(this.element, quiet("The rules are being applied …"));
  }

  draw(data) {
    if (data.whyNot) {
      fill(this.element, quiet(data.whyNot));
      return;
    }
    const parts = [quiet(summaryOf(data.counts))];
    for (const verdict of ["fail", "not-enough-data", "pass"]) {
      const group = data.findings.filter((finding) => finding.verdict === verdict);
      if (!group.length) continue;
      const cards = group.map((finding) => this.card(finding));
      if (verdict === "fail") parts.push(h("div", { class: "ce-cards" }, cards));
      else parts.push(h("details", {}, h("summary", { text: `${VERDICTS[verdict]}: ${group.length}` }), h("div", { class: "ce-cards" }, cards)));
    }
    fill(this.element, parts);
  }

  card(finding) {
    const places = finding.places.map((place) => this.link(place));
    const times = finding.count > 1 ? ` (${finding.count} times)` : "";
    const severity = finding.verdict === "fail" ? finding.severity : VERDICTS[finding.verdict];
    return h("article", { class: `ce-card ce-is-${finding.verdict === "fail" ? finding.severity : "calm"}` },
      h("h2", {}, span("ce-severity", severity), ` ${finding.rule} ${finding.title}${times}`),
      h("p", { class: "ce-detail", text: finding.detail }),
      places.length ? h("p", { class: "ce-links" }, places) : null,
      h("details", {}, h("summary", { text: "what it means, and its source" }),
        h("p", { text: finding.text }), quiet(finding.source)));
  }

  link(place) {
    const [number, side, start, stop] = place;
    const bytes = stop > start ? ` ${side} ${start}..${stop}` : ` ${side}`;
    return this.explorer.link(`exchange ${number}${bytes}`, place);
  }
}

function summaryOf(counts) {
  const parts = [];
  if (counts.fail) parts.push(counted(counts.fail, "failure"));
  if (counts["not-enough-data"]) parts.push(`${counts["not-enough-data"]} not judged for want of data`);
  if (counts.pass) parts.push(`${counts.pass} passed`);
  if (counts["not-applicable"]) parts.push(`${counts["not-applicable"]} about what this capture does not hold`);
  return parts.length ? `${parts.join(", ")}.` : "No rule was applied.";
}
