# SPDX-License-Identifier: MIT
"""What a type prints does not depend on what was imported: the front, a module of the core, or another room."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import cardlib
from cardlib.core import printing
from cardlib.core.model import Capture, Evidence, Fact, Finding, Node, Proof, Session
from cardlib.core.printing import Printed
from cardlib.show.html import html
from cardlib.show.lines import NOTEBOOK
from cardlib.show.text import printed, text

ROOT = Path(__file__).resolve().parent.parent
FACT = "Fact('9F36', 'counter')"
PRINT = f"""
node = model.Node(model.{FACT}, bytes.fromhex('9F36020099'), 0, 3, 5)
finding = model.Finding('E1', 'high', 'fail', 'title', 'detail')
for thing in (node, finding, model.Session(0), model.Capture('file', 'format', ())):
    print(thing, repr(thing), thing._repr_html_())
"""
IMPORTS = [
    "import cardlib; from cardlib.core import model",
    "import cardlib.core.model as model",
    "from cardlib.core.model import Node; import cardlib.core.model as model",
    "import cardlib.formats; from cardlib.core import model",
    "import cardlib.show.lines; from cardlib.core import model",
    "import cardlib.cli.main; from cardlib.core import model",
]


def printed_after(imports: str) -> str:
    """What a new process prints that imports so much and no more."""
    command = [sys.executable, "-c", imports + PRINT]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("imports", IMPORTS)
def test_print_is_the_same_whatever_was_imported(imports: str) -> None:
    rows = printed_after(imports).splitlines()
    assert rows[0].startswith("9F36 counter  0099 Node(9F36 counter, 0..5, 0 parts) <div")
    assert rows[1].startswith("FAIL             high     E1    title: detail Finding(")
    assert rows[2].startswith("session 0: ")
    assert "file: format, 0 exchanges in 0 sessions" in rows


def every_printed_thing() -> list[Printed]:
    capture = cardlib.read(ROOT / "traces" / "contact_purchase.card.jsonl")
    exchange = capture.exchanges[0]
    finding = Finding("R", "low", "fail", "t", "d", (Evidence(0, "command", 0, 1),))
    proof = Proof("certificate", "verified")
    payment = cardlib.transactions(capture)[0]
    node = cardlib.decode(exchange)
    act = cardlib.acts(capture)[0]
    explanation = cardlib.explain("9F36020A3B")
    things = [capture, capture[0:2], capture.sessions[0], exchange, node]
    return [*things, finding, proof, payment, act, explanation]


def test_every_printed_type_has_a_text_of_its_own() -> None:
    things = every_printed_thing()
    kinds = {kind.__name__ for kind in Printed.__subclasses__()}
    assert {type(thing).__name__ for thing in things} == kinds - {"Numbered"} | {"Capture"}
    for thing in things:
        # Without one, `text` would ask `str`, which asks `text`.
        assert text.dispatch(type(thing)) is not text.dispatch(object)
        assert str(thing) == printed(thing)
        assert max(map(len, str(thing).split("\n"))) <= NOTEBOOK
        assert thing._repr_html_() == html(thing)


def test_types_still_compare_and_keep_slots() -> None:
    assert Session(0) == Session(0) != Session(1)
    assert hash(Session(0)) == hash(Session(0))
    assert not hasattr(Capture("a", "b", ()), "__dict__")


def test_another_printer_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    class Shouting:
        def text(self, thing: Printed) -> str:
            return type(thing).__name__.upper()

        def html(self, thing: Printed) -> str:
            return f"<b>{self.text(thing)}</b>"

        def brief(self, node: Node) -> str:
            return "a node"

    monkeypatch.setattr(printing, "_printer", printing._printer)  # put back after the test
    printing.print_with(Shouting())
    node = Node(Fact("", "x"), b"", 0, 0, 0)
    assert (str(Session(0)), Session(0)._repr_html_(), repr(node)) == (
        "SESSION",
        "<b>SESSION</b>",
        "a node",
    )
    assert str(node) == "NODE"


def test_without_a_printer_nothing_of_the_content_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "_printer", printing._NoPrinter())
    node = Node(Fact("5A", "PAN"), b"\x47\x61", 0, 0, 2)
    assert (str(node), repr(node), node._repr_html_()) == ("<Node>", "<Node>", "")
