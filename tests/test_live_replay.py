# SPDX-License-Identifier: MIT
"""A capture as a card: strictly and by state, with bytes that differ every time, faults, gaps and divergences."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from cardlib import read, read_text
from cardlib.core.errors import CaptureError, CardlibError
from cardlib.live.link import Removed
from cardlib.live.replay import NO_DIAGNOSIS, NO_FILE, NO_INSTRUCTION, Mode, Replay, parse_fault
from cardlib.road.meaning import halves

TRACES = Path(__file__).resolve().parent.parent / "traces"
FILES = sorted(
    file for end in ("jsonl", "txt", "log", "pcapng") for file in TRACES.glob(f"*.{end}")
)
PURCHASE, TAP = TRACES / "contact_purchase.card.jsonl", TRACES / "contactless_tap.card.jsonl"


def card(file: Path, mode: Mode = "state", **options: object) -> Replay:
    made = Replay(read(file), mode, **options)  # type: ignore[arg-type]
    made.power_on()
    return made


def replayed(number: int, file: Path, mode: Mode) -> Any:
    """A trace in one of two modes in every run, in the other in the long one."""
    is_quick = (number % 2 == 0) == (mode == "strict")
    marks = [] if is_quick else [pytest.mark.long]
    return pytest.param(file, mode, id=f"{mode}-{file.name}", marks=marks)


@pytest.mark.parametrize(
    ("file", "mode"),
    [
        replayed(number, file, mode)
        for number, file in enumerate(FILES)
        for mode in ("strict", "state")
    ],
)
def test_every_trace_gives_its_own_answers(file: Path, mode: Mode) -> None:
    one = card(file, mode)
    for _ in range(2):
        for _, places in one.sessions:
            steps = [one.steps[place] for place in places]
            assert [one.answer(step.command) for step in steps] == [step.answer for step in steps]
            one.power_on()
    assert one.divergences == []


def test_by_state_the_order_does_not_matter() -> None:
    one = card(TAP)
    select, rest = one.steps[:3], one.steps[3:7]
    for step in (*select, *reversed(rest), *rest):
        assert one.answer(step.command) == step.answer
    assert one.divergences == []


def test_answers_in_parts_are_found_from_any_place() -> None:
    one = card(PURCHASE)
    parts = {step.command: place for place, step in enumerate(one.steps)}
    reads = [p for c, p in parts.items() if c[1] == 0xB2 and one.steps[p].answer[0] in (0x61, 0x6C)]
    for step in one.steps[: min(reads)]:
        one.answer(step.command)
    assert len(reads) > 2
    for place in reversed(reads):
        for step in one.steps[place : place + 2]:
            assert one.answer(step.command) == step.answer
    assert one.divergences == []


@pytest.mark.parametrize("file", [TAP, PURCHASE], ids=lambda file: file.name)
def test_what_differs_every_time_is_found_through_the_dol(file: Path) -> None:
    one, changed = card(file), set()
    other = {}
    for exchange in read(file).exchanges:
        text = bytearray(exchange.command.raw if exchange.command else b"")
        for side, half in halves(exchange):
            for _, node in half.walk():
                if side == "command" and node.tag in ("9F37", "9F02", "9A", "9F21"):
                    text[node.body : node.stop] = b"\x12" * (node.stop - node.body)
                    changed.add(node.tag)
        other[exchange.command.raw if exchange.command else b""] = bytes(text)
    for step in one.steps:
        assert one.answer(other.get(step.command, step.command)) == step.answer
    assert changed >= {"9F37", "9F02", "9A"} and one.divergences == []


def test_what_is_not_volatile_counts() -> None:
    one = card(PURCHASE)
    verify = next(place for place, step in enumerate(one.steps) if step.command[1] == 0x20)
    for step in one.steps[:verify]:
        one.answer(step.command)
    wrong = bytearray(one.steps[verify].command)
    wrong[7] ^= 1
    assert (
        one.answer(bytes(wrong)) == NO_DIAGNOSIS
        and "not in the capture in this state" in one.divergences[0]
    )


def test_the_state_decides() -> None:
    one = card(TRACES / "sim_boot.pcapng")
    reads = [step for step in one.steps if step.command[1] == 0xB0]
    assert one.answer(reads[0].command) == NO_DIAGNOSIS  # nothing is selected yet
    assert len(one.divergences) == 1


def test_what_is_not_in_the_capture_is_refused_as_a_card_does() -> None:
    one = card(TAP)
    asked = ("00A4040005F000000001", "00A4", "00F20000", "00", "", "00B2FF0C00")
    answers = [one.answer(bytes.fromhex(text)).hex() for text in asked]
    assert answers == ["6a82", "6a82", "6d00", "6d00", "6d00", "6f00"] and len(one.divergences) == 6


def test_strict_says_what_it_wanted() -> None:
    said: list[str] = []
    one = card(TAP, "strict", say=said.append)
    assert one.answer(one.steps[1].command) == NO_FILE
    for step in one.steps:
        assert one.answer(step.command) == step.answer
    assert one.answer(bytes(4)) == NO_INSTRUCTION
    assert "the capture has 00A40400" in said[0] and said[1].endswith("the capture has no more")
    assert one.divergences == said


def test_a_damaged_capture_says_what_is_missing_and_goes_on() -> None:
    one = card(TRACES / "damaged.log")
    assert one.gaps == [
        "exchange 1 has no answer",
        "exchange 3 has no answer",
        "exchange 4 has no command",
    ]
    assert len(one.steps) == 7


def test_a_capture_without_answers_cannot_be_replayed() -> None:
    with pytest.raises(CaptureError, match="nothing to replay"):
        Replay(read_text("> 00A40400\n> 00B00000\n"))


def test_sessions_follow_each_other() -> None:
    text = "ATR: 3B00\n> 00840000\n< 019000\nATR: 3B80800101\n> 00840000\n< 029000\n"
    one = Replay(read_text(text))
    asked = [(one.power_on(), one.answer(bytes.fromhex("00840000"))) for _ in range(3)]
    assert [atr.hex() for atr, _ in asked] == ["3b00", "3b80800101", "3b00"]
    assert [answer[0] for _, answer in asked] == [1, 2, 1]


def test_a_very_long_chain_is_followed_in_bounded_time() -> None:
    lines = "> 00B00000\n< 019000\n> 00CA0000\n< 6102\n" + "> 00C0000002\n< 01026102\n" * 500
    one = Replay(read_text(f"ATR: 3B00\n{lines}"))
    one.power_on()
    for step in one.steps:
        assert one.answer(step.command) == step.answer


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that a card sleeps each time; nobody has to wait for it."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


def test_faults_come_where_they_were_asked_for(waits: list[float]) -> None:
    faults = [parse_fault(text) for text in ("0:empty", "1:one-byte", "2:delay=0.05", "3:pull")]
    one = card(TAP, faults=faults)
    first, second, third, fourth = (step.command for step in one.steps[:4])
    assert one.answer(first) == b"" and one.answer(second) == b"\x6f"
    assert len(one.answer(third)) > 2 and waits[-1] == 0.05
    with pytest.raises(Removed):
        one.answer(fourth)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x:empty",
        "1:nothing",
        "1:delay=x",
        "1:delay",
        "1:empty=2",
        ":",
        "1",
        "-1:pull",
        "9" * 5000 + ":pull",
    ],
)
def test_a_fault_that_is_none_is_said(text: str) -> None:
    with pytest.raises(CardlibError, match="is no fault"):
        parse_fault(text)


def test_timing_waits_as_recorded(waits: list[float]) -> None:
    one = card(TAP, timing=True)
    one.answer(one.steps[0].command)
    assert waits == [one.steps[0].seconds] and waits[0] > 0.01


@pytest.mark.parametrize("count", [5_000, pytest.param(20_000, marks=pytest.mark.long)])
def test_random_commands_never_raise(count: int) -> None:
    chance = random.Random(7)
    cards = [
        card(file, mode)
        for file in (PURCHASE, TRACES / "sim_boot.pcapng")
        for mode in ("state", "strict")
    ]
    for n in range(count):
        one = cards[n % 4]
        command = chance.randbytes(chance.randrange(0, 30))
        if n % 3 == 0:  # near the truth
            known = bytearray(chance.choice(one.steps).command)
            known[chance.randrange(len(known))] = chance.randrange(256)
            command = bytes(known[: chance.randrange(1, len(known) + 1)])
        assert len(one.answer(command)) >= 2
        if n % 500 == 0:
            one.power_on()
