# SPDX-License-Identifier: MIT
"""The page about filters: every field and operator is on it, and every expression on it is understood."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cardlib.core.errors import WhereError
from cardlib.core.where import parse
from cardlib.core.where.grammar import OPERATORS
from cardlib.core.where.kinds import FIELDS, UNITS
from cardlib.core.where.tokens import MOST_CHARACTERS
from cardlib.show.where import MOST_JUDGED

PAGE = (Path(__file__).resolve().parent.parent / "docs/filter.md").read_text("utf-8")
FIELD_TABLE = PAGE.partition("## The fields")[2].partition("## What is hidden")[0]


def test_every_field_is_on_the_page() -> None:
    first_cells = "".join(re.findall(r"^\| (`[^|]*) \|", FIELD_TABLE, re.M))
    assert sorted(re.findall(r"`(\w+)`", first_cells)) == sorted(FIELDS)


def test_every_operator_and_unit_is_on_the_page() -> None:
    for sign in OPERATORS:
        assert f"`{sign}`" in PAGE or f" {sign} " in PAGE, sign
    assert f"`{' '.join(UNITS)}`" in PAGE
    assert f"{MOST_CHARACTERS:,} characters" in PAGE and f"{MOST_JUDGED:,} exchanges" in PAGE


def test_every_expression_on_the_page_is_understood() -> None:
    shell = re.findall(r"--where '([^']+)'", PAGE)
    python = re.findall(r'(?:capture, |where=)"([^"]+)"', PAGE)
    table = re.findall(r"`((?:sw|command|n|took|tag|bytes|finding|text) [=~>].*?)`", PAGE)
    assert len(shell) == 2 and len(python) == 2 and len(table) > 9
    for expression in (*shell, *python, *table):
        parse(expression)


def test_the_error_on_the_page_is_the_one_that_is_printed() -> None:
    with pytest.raises(WhereError) as caught:
        parse("n == 1 and swx == 9000")
    printed = f"cardlib: {caught.value}"
    quoted = re.findall(r"^(cardlib: filter.*)\.\.\.$", PAGE, re.M)
    assert quoted and printed.startswith(quoted[0])
