# SPDX-License-Identifier: MIT
"""The filter language in the page: every case of the table that the implementation in Python runs, too."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from cardlib.core.where.kinds import FIELDS
from cardlib.show.explorer.front import script

TABLE = tomllib.loads((Path(__file__).parent / "where_cases.toml").read_text("utf-8"))
CASES: list[dict[str, Any]] = TABLE["cases"]
NUMBERS = {"i": "n", "s": "session", "ch": "channel", "sw": "sw", "lc": "lc", "lr": "lr"}
# The exchanges of the table become rows of a page; then each case gives what it selects, or its error.
RUN = """
const table = new module_table.Table(rows.i.length);
table.addRows(rows, 0);
table.addWords(words, 0);
rows.i.forEach((number, row) => {
  table.gap[row] = extra[row].gap ?? NaN;
  if (extra[row].note) table.notes.set(row, extra[row].note);
  if (extra[row].findings) table.findings.set(row, extra[row].findings);
});
table.bytes = new Map(extra.map((one, row) => [row, one.bytes]));
const where = module_where.where;
return expressions.map((expression) => {
  try {
    const test = where(expression);
    return rows.i.filter((number, row) => test(table, row));
  } catch (fault) {
    if (fault.at === undefined) return [`broke: ${fault}`];
    return [fault.message, fault.at];
  }
});
"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Page:
    return browser.new_page()


def rows_of(exchanges: list[dict[str, Any]]) -> dict[str, Any]:
    """The exchanges of the table as a chunk of rows."""
    rows: dict[str, Any] = {
        key: [one.get(name, -1) for one in exchanges] for key, name in NUMBERS.items()
    }
    names = [one["command"] for one in exchanges]
    applications = [[one["app"], ""] for one in exchanges]
    places = list(range(len(exchanges)))
    return rows | {
        "t": [one.get("time") for one in exchanges],
        "e": [None for _ in exchanges],
        "d": [one.get("took") for one in exchanges],
        "n": places,
        "a": places,
        "u": [0 for _ in exchanges],
        "x": [int(one.get("failed", False)) for one in exchanges],
        "names": names,
        "applications": applications,
    }


def words_of(exchanges: list[dict[str, Any]]) -> dict[str, Any]:
    """The exchanges of the table as a chunk of words."""
    words: list[str] = [""]
    tags: list[list[str]] = []
    texts: list[str] = []
    columns: dict[str, list[Any]] = {key: [] for key in "hfqrmgve"}
    for one in exchanges:
        header = [one.get(name) for name in ("cla", "ins", "p1", "p2")]
        is_there = None not in header
        columns["h"].append("".join(f"{byte:02X}" for byte in header) if is_there else "")
        for key, text in (("f", one.get("aid", "")), ("q", one["asked"]), ("r", one["answered"])):
            words.append(text)
            columns[key].append(len(words) - 1)
        columns["m"].append(0)
        columns["g"].append([len(tags) + place for place in range(len(one["tags"]))])
        tags += one["tags"]
        columns["v"].append([len(texts) + place for place in range(len(one["value"]))])
        texts += one["value"]
        columns["e"].append(int(one.get("error", False)))
    return {**columns, "words": words, "tags": tags, "texts": texts}


def extra_of(one: dict[str, Any]) -> dict[str, Any]:
    """What the page has of an exchange from elsewhere."""
    keys = ("rule", "severity", "title", "detail")
    findings = [dict(zip(keys, finding, strict=True)) for finding in one.get("findings", [])]
    kept = {key: one[key] for key in ("gap", "note", "bytes") if key in one}
    return kept | ({"findings": findings} if findings else {})


def results(page: Page, expressions: list[str]) -> list[list[Any]]:
    exchanges = TABLE["exchange"]
    data = {
        "rows": rows_of(exchanges),
        "words": words_of(exchanges),
        "extra": [extra_of(one) for one in exchanges],
        "expressions": expressions,
    }
    code = script("table") + script("where")
    body = f"({{rows, words, extra, expressions}}) => {{ {code}\n{RUN} }}"
    made: list[list[Any]] = page.evaluate(body, data)
    return made


def test_every_case_is_as_in_python(page: Page) -> None:
    made = results(page, [case["where"] for case in CASES])
    wrong = []
    for case, result in zip(CASES, made, strict=True):
        expected = case["select"] if "select" in case else [case["error"], case["at"]]
        if result != expected:
            wrong.append((case["where"], expected, result))
    assert len(CASES) > 300 and wrong == []


def test_the_fields_are_those_of_python(page: Page) -> None:
    names = page.evaluate(
        f"() => {{ {script('where')} return Object.keys(module_where_fields.FIELDS); }}"
    )
    assert names == TABLE["fields"] == list(FIELDS)


def test_whatever_is_typed_gives_a_filter_or_an_error_with_its_place(page: Page) -> None:
    pieces = json.dumps(
        [*TABLE["fields"], *"(){}~!<>=,.&|\"'", "..", "and", "9F26", "5ms", "\U0001f600"]
    )
    body = f"""() => {{ {script("where")}
      const pieces = {pieces};
      let seed = 7;
      const next = (limit) => (seed = (seed * 48271) % 2147483647) % limit;
      let refused = 0;
      for (let turn = 0; turn < 3000; turn += 1) {{
        const text = Array.from({{length: next(12)}}, () => pieces[next(pieces.length)]).join(next(2) ? " " : "");
        try {{ module_where.where(text); }} catch (fault) {{
          if (!(fault instanceof module_where_words.WhereError)) return `${{text}}: ${{fault}}`;
          if (!(fault.at >= 0 && fault.at <= Array.from(text).length)) return `${{text}}: at ${{fault.at}}`;
          refused += 1;
        }}
      }}
      return refused;
    }}"""
    refused = page.evaluate(body)
    assert isinstance(refused, int) and 500 < refused < 3000, refused
