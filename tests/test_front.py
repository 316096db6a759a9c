# SPDX-License-Identifier: MIT
"""The public front: what is in it, what it loads, and that its functions take a path as well as a capture."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from test_secrets import PAN, SELECTED, capture, read_record, tlv

import cardlib

matplotlib.use("Agg")

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("pandas", "numpy", "matplotlib", "smartcard", "cryptography")
PUBLIC = [
    "Act",
    "CaptureError",
    "Capture",
    "Corpus",
    "Exchange",
    "Explanation",
    "Finding",
    "Node",
    "RULES",
    "Session",
    "acts",
    "algorithms",
    "byte_map",
    "card_times",
    "check",
    "compare",
    "convert",
    "corpus",
    "decode",
    "differences",
    "elements",
    "exchanges",
    "explain",
    "explore",
    "factors",
    "find",
    "findings",
    "ladder",
    "latency",
    "mask",
    "phase_shares",
    "picture",
    "populations",
    "proofs",
    "read",
    "read_text",
    "record",
    "redact",
    "report",
    "select",
    "stream",
    "timeline",
    "timings",
    "transactions",
]


def fresh(code: str) -> str:
    """What a new process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_front_is_complete_and_sorted() -> None:
    assert sorted(cardlib.__all__) == sorted(PUBLIC)
    groups = [name.isupper() * 1 or name[0].isupper() * 2 or 3 for name in cardlib.__all__]
    assert groups == sorted(groups)
    for group in (1, 2, 3):
        own = [name for name, g in zip(cardlib.__all__, groups, strict=True) if g == group]
        assert own == sorted(own)
    assert all(getattr(cardlib, name).__doc__ for name in PUBLIC if name != "RULES")


def test_no_public_name_is_the_name_of_a_module() -> None:
    folder = ROOT / "cardlib"
    modules = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }
    assert modules & set(cardlib.__all__) == {"acts", "corpus"}


def test_the_room_behind_the_function_of_its_name_can_be_imported() -> None:
    code = "import cardlib, cardlib.acts.plain as plain; print(plain.plain_acts([]), callable(cardlib.acts))"
    assert fresh(code).endswith(" True")
    code = "import cardlib, cardlib.corpus.corpus as room; print(room.Corpus is cardlib.Corpus)"
    assert fresh(code + "; print(callable(cardlib.corpus))").split() == ["True", "True"]


def test_import_loads_nothing_heavy_and_reads_no_dictionary() -> None:
    code = f"""
import sys, tomllib
def fail(*args): raise AssertionError("a dictionary was parsed")
tomllib.loads = tomllib.load = fail
import cardlib, cardlib.cli
from cardlib import apps
from cardlib.core import dictionary, facts, registers
from cardlib.share import ours
caches = (dictionary.load, dictionary.head_of, facts.facts, registers.register, ours._ours, apps._facts)
print([name for name in {HEAVY!r} if name in sys.modules], [cache.cache_info().currsize for cache in caches])
"""
    assert fresh(code) == "[] [0, 0, 0, 0, 0, 0]"


def test_reading_and_printing_load_nothing_heavy() -> None:
    code = f"""
import sys, cardlib
capture = cardlib.read_text("> 00A4040000\\n< 9000\\n")
print(capture, capture.exchanges[0], cardlib.check(capture), cardlib.find(capture, "CLA"), file=sys.stderr)
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    assert fresh(code) == "[]"


def test_tables_and_plots_are_there_when_they_are_asked_for() -> None:
    assert callable(cardlib.exchanges) and callable(cardlib.picture)
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = cardlib.no_such_thing
    assert "timeline" not in fresh("import cardlib; print(sorted(vars(cardlib)))").split("'")


def test_functions_take_a_path_a_capture_a_session_and_exchanges(tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    lines = (*SELECTED, *read_record(1, tlv("70", tlv("5A", PAN))))
    file.write_text("\n".join(f"{'><'[i % 2]} {line}" for i, line in enumerate(lines)), "utf-8")
    one = cardlib.read(file)
    for source in (file, str(file), one, one.sessions[0], one.exchanges, iter(one.exchanges)):
        assert len(cardlib.find(source, "5A")) == 1
    for source in (file, one, one.sessions[0], one.exchanges):
        assert [t.outcome for t in cardlib.transactions(source)] == ["selected only"]
        assert {f.rule for f in cardlib.check(source)} == {one.id for one in cardlib.RULES}
        assert len(cardlib.exchanges(source)) == 2
    assert cardlib.mask(one) == str(one)
    assert PAN in cardlib.mask(one.exchanges[1], reveal=True) and PAN not in cardlib.mask(
        one.exchanges[1]
    )


def test_several_captures_are_checked_together() -> None:
    two = [capture(*SELECTED), capture(*SELECTED)]
    found = cardlib.check(two, cvm_limit=5000, both_sides=True)
    assert [f.verdict for f in found if f.rule == "E52"] == ["pass"]
    assert (
        str(found).startswith("NOT-ENOUGH-DATA")
        and "PASS " in repr(found)
        and found._repr_html_().startswith("<div")
    )


def test_find_prints_a_line_a_place() -> None:
    one = capture(*SELECTED)
    hits = cardlib.find(one, "9F38")
    assert str(hits).startswith("    0  SELECT                    response  ") and "9F38" in str(
        hits
    )
    assert repr(hits) == str(hits) and hits._repr_html_().startswith("<div")
    assert str(cardlib.find(one, "9F99")) == "nothing found"


def test_notebook_sees_html_and_a_process_sees_text() -> None:
    one = capture(*SELECTED)
    node = cardlib.decode(one.exchanges[0])
    for thing in (one, one.sessions[0], one.exchanges[0], node, cardlib.check(one)[0]):
        assert thing._repr_html_().startswith("<")  # type: ignore[union-attr]
        assert not str(thing).startswith("<")
    assert repr(node) == "Node(SELECT, 0..0, 2 parts)"
    assert "object at" not in json.dumps([repr(one), str(one)])


@pytest.mark.parametrize("name", PUBLIC)
def test_a_tool_tip_can_be_taken_in_at_a_glance(name: str) -> None:
    """JupyterLab shows signature and docstring; a default that is long fills the screen."""
    thing = getattr(cardlib, name)
    if not callable(thing):
        return
    tip = f"{inspect.signature(thing)}\n{inspect.getdoc(thing)}"
    assert 20 < len(tip) < 1_500
