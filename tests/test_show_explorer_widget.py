# SPDX-License-Identifier: MIT
"""The explorer in a notebook: what Python knows of the page, and what is stored for whoever shows no widget."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from dialogue import PAN, captured, payment

import cardlib
from cardlib.core.errors import WhereError
from cardlib.show.explorer.chunk import unpacked
from cardlib.show.explorer.widget import MAX_LINES, bundle

ROOT = Path(__file__).resolve().parent.parent
PURCHASE = ROOT / "traces/contact_purchase.card.jsonl"


@pytest.fixture
def widget() -> Any:
    pytest.importorskip("anywidget", reason="no anywidget (pip install anywidget)")
    from cardlib.show.explorer.widget import widget_of

    made = widget_of(cardlib.explore(payment()))
    made.sent = []
    made.send = lambda content, buffers=None: made.sent.append((content, buffers))
    return made


def asked(widget: Any, content: Any) -> list[tuple[Any, Any]]:
    """What the widget answers to a message."""
    widget.sent.clear()
    widget._handle_custom_msg(content, [])
    return list(widget.sent)


def test_a_filter_is_followed_and_a_wrong_one_is_refused() -> None:
    explorer = cardlib.explore(PURCHASE, filter="sw != 9000")
    assert [exchange.index for exchange in explorer.shown] == [0]
    explorer.filter = "command == VERIFY"
    assert [exchange.index for exchange in explorer.shown] == [11]
    with pytest.raises(WhereError):
        explorer.filter = "swx == 1"
    explorer.typed("swx ==")
    assert explorer.filter == "command == VERIFY"


def test_notes_are_filtered_too() -> None:
    explorer = cardlib.explore(PURCHASE, notes={3: "why is this here?"}, filter="note ~ why")
    assert [exchange.index for exchange in explorer.shown] == [3]


def test_what_is_chosen_in_python_is_selected() -> None:
    explorer = cardlib.explore(PURCHASE)
    assert explorer.selected is None
    explorer.go(11, "command", 5, 13)
    assert explorer.selected and explorer.selected.index == 11
    explorer.go(99)
    assert explorer.selected is None


def test_without_anywidget_there_are_lines_and_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    shown = bundle(cardlib.explore(payment()))
    assert "pip install anywidget" in shown["text/html"] and "VERIFY" in shown["text/html"]
    assert PAN not in shown["text/html"] and "Explorer of" in shown["text/plain"]


def test_what_is_stored_beside_the_widget_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    many = captured(["0084000008", "01020304050607089000"] * 5200)
    text = bundle(cardlib.explore(many))["text/html"]
    assert text.count("GET CHALLENGE") == MAX_LINES and len(text) < 100_000
    assert "5000 more exchanges" in text


def test_a_chunk_is_sent_for_a_message_and_nothing_for_any_other(widget: Any) -> None:
    [(content, buffers)] = asked(widget, {"kind": "read", "id": 7, "name": "0-head"})
    assert content == {"kind": "chunk", "id": 7} and unpacked(buffers[0])["count"] == 7
    for name in ("1-head", "0-secret", "pairs", "", "0-" * 1000):
        assert asked(widget, {"kind": "read", "id": 1, "name": name}) == [
            ({"kind": "chunk", "id": 1}, [])
        ]
    assert asked(widget, {"kind": "write"}) == asked(widget, "read") == []


def test_what_is_done_in_the_page_reaches_python() -> None:
    pytest.importorskip("anywidget", reason="no anywidget (pip install anywidget)")
    explorer = cardlib.explore(PURCHASE)
    explorer._repr_mimebundle_()
    [page] = explorer.pages
    page.chosen = [12, "command", 5, 6]
    page.filter = "failed"
    page.notes = {"12": {"text": "here"}, "x": {}}
    assert explorer.selected and explorer.selected.index == 12
    assert explorer.filter == "failed" and dict(explorer.notes)[12].text == "here"
    explorer.go(3)
    assert page.chosen == [3, "response", 0, 0]
