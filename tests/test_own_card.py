# SPDX-License-Identifier: MIT
"""The card of notebook 40: real, replayed, or none with a reason; and what is fetched with T=0."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from test_live_stack import alone, left, pcsc

import cardlib
from cardlib.core.errors import CardlibError
from cardlib.live import record as live
from notebooks import own_card

TRACE = Path(__file__).resolve().parent.parent / "traces" / "contact_purchase.card.jsonl"


class Reader:
    """A connection that only notes what happens to it; its answers are taken in turn."""

    def __init__(self, *answers: tuple[int, int], fails: bool = False) -> None:
        self.answers, self.fails, self.done = list(answers), fails, list[Any]()

    def getReader(self) -> str:
        return "Reader"

    def connect(self) -> None:
        self.done.append("connect")
        if self.fails:
            raise RuntimeError("no card")

    def transmit(self, command: list[int]) -> tuple[list[int], int, int]:
        self.done.append(bytes(command).hex())
        return ([], *self.answers.pop(0))

    def disconnect(self) -> None:
        raise RuntimeError("gone")

    def release(self) -> None:
        self.done.append("release")


def no_stack(*_: object) -> None:
    raise CardlibError("no\n stack")


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "has_pyscard", lambda: True)
    monkeypatch.setattr(own_card, "running", lambda: True)
    monkeypatch.setattr(own_card, "Stack", no_stack)


def test_a_real_card_comes_first(
    daemon: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reader = Reader()
    monkeypatch.setattr(
        live, "_readers", lambda: [SimpleNamespace(createConnection=lambda: reader)]
    )
    with own_card.in_reader(TRACE, tmp_path / "log") as card:
        assert card is reader
    assert reader.done == ["connect", "release"] and not (tmp_path / "log").exists()
    assert capsys.readouterr().out == "a card in Reader\n"


@pytest.mark.parametrize("there", [True, False])
def test_without_card_and_stack_a_reason_is_told(
    there: bool,
    daemon: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reader = Reader(fails=True)
    monkeypatch.setattr(
        live, "_readers", lambda: [SimpleNamespace(createConnection=lambda: reader)]
    )
    monkeypatch.setattr(own_card, "running", lambda: there)
    monkeypatch.setattr(
        own_card, "sys", SimpleNamespace(platform="linux", executable=sys.executable)
    )
    with own_card.in_reader(TRACE, tmp_path / "log") as card:
        assert card is None
    assert reader.done == (["connect", "release"] if there else [])
    assert capsys.readouterr().out == "no stack\n"


def test_without_pyscard_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "has_pyscard", lambda: False)
    with own_card.in_reader(TRACE, tmp_path / "log") as card:
        assert card is None
    assert capsys.readouterr().out == f"{live.INSTALL}\n"


@pcsc
def test_a_replayed_card_is_recorded_and_nothing_stays(tmp_path: Path) -> None:
    out, log = tmp_path / "mine.card.jsonl", tmp_path / "daemon.log"
    with alone(), own_card.in_reader(TRACE, log) as card, cardlib.record(card, out):
        own_card.ask(card, ["00A4040007A0000000031010", "00B2010C00"])
    recorded, logged = cardlib.read(out).exchanges, cardlib.read(log).exchanges
    assert [e.response.sw for e in recorded if e.response] == [0x9000, 0x9000]
    assert [len(e.frames) for e in recorded] == [len(e.frames) for e in logged] == [4, 4]
    assert left() == []


def test_what_is_announced_is_fetched() -> None:
    reader = Reader((0x61, 0x10), (0x90, 0), (0x6C, 0x26), (0x90, 0), (0x6A, 0x82))
    own_card.ask(reader, ["80A80000028300", "01B2010C00", "00A40000023F00"])
    assert reader.done == [
        "80a80000028300",
        "00c0000010",
        "01b2010c00",
        "01b2010c26",
        "00a40000023f00",
    ]
