// SPDX-License-Identifier: MIT
// The state of the page as the end of its address: #e=14&b=response:3..5&f=sw != 9000. A link is written by a
// stranger: whatever does not have this form is left out, and a filter is parsed, never run.

const LONGEST_FILTER = 500;

/** {exchange, bytes, filter, tab}; what a link does not name is null. */
export function readLink(hash) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const number = parameters.get("e");
  const bytes = /^(command|response):(\d{1,7})\.\.(\d{1,7})$/.exec(parameters.get("b") ?? "");
  const filter = parameters.get("f");
  const tab = parameters.get("t");
  return {
    exchange: /^\d{1,9}$/.test(number ?? "") ? Number(number) : null,
    bytes: bytes ? { side: bytes[1], start: Number(bytes[2]), stop: Number(bytes[3]) } : null,
    filter: filter === null ? null : filter.slice(0, LONGEST_FILTER),
    tab: /^[a-z]{1,12}$/.test(tab ?? "") ? tab : null,
  };
}

export function writeLink({ exchange, bytes, filter, tab }) {
  const parameters = new URLSearchParams();
  if (exchange !== null) parameters.set("e", exchange);
  if (bytes) parameters.set("b", `${bytes.side}:${bytes.start}..${bytes.stop}`);
  if (filter) parameters.set("f", filter.slice(0, LONGEST_FILTER));
  if (tab && tab !== "bytes") parameters.set("t", tab);
  return `#${parameters}`;
}
