# SPDX-License-Identifier: MIT
"""The page about applications: its example does what it says, and its table is that of the data files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cardlib
from benchmarks.applications import table
from cardlib.core.dictionary import load

PAGE = (Path(__file__).resolve().parent.parent / "docs/applications.md").read_text("utf-8")
TOML = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
LOG, HEADLINE = re.findall(r"```text\n(.*?)```", PAGE, re.S)


@pytest.fixture
def bus(tmp_path: Path) -> str:
    path = tmp_path / "bus.toml"
    path.write_text(TOML[0], "utf-8")
    return str(path)


def test_without_the_file_the_card_is_unknown() -> None:
    printed = str(cardlib.read_text(LOG))
    assert "unknown application" in printed and "12.34" not in printed


def test_the_example_gives_the_headline_of_the_page(bus: str) -> None:
    assert load(bus).faults == ()
    printed = str(cardlib.read_text(LOG, dictionaries=[bus]))
    assert HEADLINE.strip() in printed


def test_what_the_example_marks_is_hidden_and_the_rest_is_read(bus: str) -> None:
    capture = cardlib.read_text(LOG, dictionaries=[bus])
    printed = "\n".join(str(exchange) for exchange in capture.exchanges)
    assert "00012345" not in printed and "2030-03-01" in printed and "3.00 EUR" in printed
    assert "not enough money" in printed


def test_the_second_example_can_be_honoured(tmp_path: Path) -> None:
    path = tmp_path / "lists.toml"
    path.write_text(TOML[1] + '\n["answer 9032"]\nname = "Ride"\nlayout = "like ride"\n', "utf-8")
    assert load(str(path)).faults == ()


def test_the_table_is_that_of_the_data_files() -> None:
    assert table() in PAGE, "make it again: make applications"
