# SPDX-License-Identifier: MIT
"""The filter language: every case of the table that its other implementation runs, too; bounds; random input."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cardlib.core.errors import CardlibError, WhereError
from cardlib.core.where import parse
from cardlib.core.where.kinds import FIELDS, finding_text
from cardlib.core.where.terms import needs_decoding

TABLE = tomllib.loads((Path(__file__).parent / "where_cases.toml").read_text("utf-8"))
CASES: list[dict[str, Any]] = TABLE["cases"]
LISTS = {"tag": "tags", "finding": "findings", "value": "value", "note": "note", "bytes": "bytes"}


class TableRow:
    """An exchange of the table; it remembers what it was asked for."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self.asked: list[str] = []

    def values(self, field: str) -> Sequence[Any]:
        self.asked.append(field)
        if field == "text":
            return list(self._texts())
        if field in LISTS:
            items = self.row.get(LISTS[field], ())
            return [tuple(item) if isinstance(item, list) else item for item in items]
        value = self.row.get(field)
        return () if value is None else (value,)

    def _texts(self) -> list[str]:
        row = self.row
        texts = [row["command"], row["asked"], row["answered"]]
        if "sw" in row:
            texts.append(f"{row['sw']:04X}")
        texts += [f"{tag} {name}" for tag, name in row["tags"]]
        texts += [finding_text(tuple(finding)) for finding in row.get("findings", ())]
        return [*texts, *row["value"], *row.get("note", ())]


ROWS = [TableRow(row) for row in TABLE["exchange"]]


def selected(expression: str) -> list[int]:
    term = parse(expression)
    return [row.row["n"] for row in ROWS if term.matches(row)]


def test_the_table_is_not_empty_and_names_the_fields() -> None:
    assert len(CASES) > 300
    assert TABLE["fields"] == list(FIELDS)
    assert {case["where"] for case in CASES} >= {"sw != 9000", "", "("}


@pytest.mark.parametrize("case", [case for case in CASES if "select" in case], ids=str)
def test_an_expression_selects(case: dict[str, Any]) -> None:
    assert selected(case["where"]) == case["select"]


@pytest.mark.parametrize("case", [case for case in CASES if "error" in case], ids=str)
def test_an_expression_is_refused_at_its_place(case: dict[str, Any]) -> None:
    with pytest.raises(WhereError) as caught:
        parse(case["where"])
    assert (caught.value.at, caught.value.message) == (case["at"], case["error"])


def test_an_error_is_one_line_with_the_place() -> None:
    with pytest.raises(CardlibError) as caught:
        parse("n == 1 and swx == 9000 and took > 5ms")
    line = str(caught.value)
    assert line.startswith("filter: character 12 (at: swx == 9000 and took...):")
    assert "\n" not in line
    with pytest.raises(CardlibError) as caught:
        parse("sw ==")
    assert str(caught.value) == 'filter: character 6, its end: a value is missing after "=="'


def test_line_breaks_of_an_expression_do_not_break_the_line_of_an_error() -> None:
    with pytest.raises(CardlibError) as caught:
        parse("n == 1\nand\nswx ==\n9000")
    assert "\n" not in str(caught.value)


def test_what_needs_no_decoding_is_asked_first() -> None:
    row = TableRow(TABLE["exchange"][0])
    assert not parse('text ~ "nothing" and sw == 9000').matches(row)
    assert row.asked == ["sw"]
    row = TableRow(TABLE["exchange"][0])
    assert parse('text ~ "nothing" or sw == 6A82').matches(row)
    assert row.asked == ["sw"]
    assert not needs_decoding(parse("sw == 9000 and took > 5ms and not failed"))
    assert needs_decoding(parse("sw == 9000 and pin"))


SIGNS = "and or not in contains == != < <= > >= ~ .. { } ( ) , ! && || = & |"
VALUES = "9000 63Cx 5 5ms ms x 0x '' ' \" \"a 48..50 \x00 \u202e \U0001f600"
PIECES = (*FIELDS, *SIGNS.split(), *VALUES.split())


def test_random_expressions_are_understood_or_refused() -> None:
    chance = random.Random(4)
    understood = 0
    for _ in range(4000):
        expression = " ".join(chance.choices(PIECES, k=chance.randrange(1, 9)))
        try:
            term = parse(expression)
        except WhereError as fault:
            assert 0 <= fault.at <= len(expression)
            continue
        understood += 1
        for row in ROWS[:3]:
            assert term.matches(row) in (True, False)
    assert understood > 200
