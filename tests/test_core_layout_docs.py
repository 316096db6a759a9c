# SPDX-License-Identifier: MIT
"""The page about layouts says what happens: each example is laid on its bytes and printed, each name is there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from cardlib.core.layout import compile_layout, values
from cardlib.core.layout.checks import CHECKS
from cardlib.core.layout.formats import FORMATS
from cardlib.core.layout.kinds import KINDS
from cardlib.core.model import Node

PAGE = (Path(__file__).parent.parent / "docs" / "layouts.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```layout\n(.*?)^```", PAGE, re.M | re.S)


def printed(nodes: Sequence[Node], indent: str = "") -> list[list[str]]:
    """Each node as its columns: name, text, error."""
    rows = []
    for node in nodes:
        name = f"{node.tag} {node.name}" if node.tag else node.name
        error = f"! {node.error}" if node.error else ""
        rows.append([indent + name, *filter(None, (node.text, error))])
        rows += printed(node.children, indent + "  ")
    return rows


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.split("  ")[0] for example in EXAMPLES])
def test_an_example_of_the_page(example: str) -> None:
    text, _, rest = example.partition("\n> ")
    raw, _, output = rest.partition("\n")
    layout = compile_layout(text)
    nodes = layout.parse(bytes.fromhex(raw.replace(" ", "")))
    expected = [re.split(r"(?<=\S) {2,}(?=\S)", line) for line in output.rstrip().split("\n")]
    assert printed(nodes) == expected
    assert layout.build(values(nodes)) == bytes.fromhex(raw.replace(" ", ""))


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == PAGE.count("```layout") == 15


@pytest.mark.parametrize("name", [*FORMATS, *KINDS, *CHECKS])
def test_the_page_names_everything(name: str) -> None:
    if name not in ("a", "ans"):  # as "an"
        assert re.search(rf"`{name}[`:]|=`{name}`", PAGE)


def test_the_calls_of_the_page() -> None:
    layout = compile_layout("amount  4  money:CNY\ndate  4  date")
    nodes = layout.parse(bytes.fromhex("000004D220240102"))
    assert [tuple(pair) for pair in values(nodes)] == [
        ("amount", "12.34 CNY", ""),
        ("date", "2024-01-02", ""),
    ]
    built = layout.build([("amount", "5.00 CNY"), ("date", "2024-02-03")])
    assert built.hex() == "000001f420240203"


def test_lines_are_short() -> None:
    assert [line for line in PAGE.split("\n") if len(line) > 120] == []
