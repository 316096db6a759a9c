# SPDX-License-Identifier: MIT
"""The seconds of a card: captures that cannot tell first; the parts add up to the whole and are those of the model."""

from __future__ import annotations

import pytest
from managed import captured, default, lines, profile

import cardlib
from cardlib.core.errors import CaptureError
from cardlib.measure.cards import KEY_OPERATIONS, WIRE, WRITING, batch, card_times
from conftest import ROOT
from traces.makers.bureau import Bureau
from traces.makers.managed import ManagedCard
from traces.makers.times import WORK, Tape

TRACES = ROOT / "traces"
NAMES = ("bureau_scp03", "attack_default_keys", "attack_clear_keys")
ATR = bytes.fromhex("3B8801434152444C494231EB")


def test_a_capture_without_times_cannot_tell() -> None:
    with pytest.raises(CaptureError):
        card_times(captured(lines(Bureau.load, default(), 1)))


def test_a_payment_is_no_personalisation() -> None:
    with pytest.raises(CaptureError) as caught:
        cardlib.card_times(TRACES / "contact_purchase.card.jsonl")
    assert "no card is personalised" in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_add_up_to_the_whole(name: str) -> None:
    capture = cardlib.read(TRACES / f"{name}.card.jsonl")
    (time,) = card_times(capture)
    exchanges = capture.exchanges
    first, last = exchanges[0].start_ns, exchanges[-1].end_ns
    assert first is not None and last is not None
    assert time.total_ns == last - first
    assert sum(ns for _, ns in time.shares) == time.total_ns
    assert all(ns > 0 for _, ns in time.shares)
    assert time.commands == len(exchanges)


def test_the_parts_are_those_of_the_model() -> None:
    """What the card was told to take, and what the clock shows: within 5 %."""
    tape = Tape("times", 9, "T=1")
    tape.power_on(ATR)
    factory = profile(3)
    bureau = Bureau(tape.over(ManagedCard(factory, 9).answer), factory.keys, 9)
    bureau.select(factory.aid)
    bureau.authenticate(0x33)
    bureau.load()
    bureau.put_keys(0x31, factory.keys)
    capture = cardlib.Capture("(tape)", "", tuple(sessions(tape)))
    (time,) = card_times(capture)
    commands = [frame.data[1] for frame in tape.frames if frame.sender == "reader"]
    works = dict.fromkeys((KEY_OPERATIONS, WRITING), 0)
    for instruction, work in zip(commands, tape.works, strict=True):
        if instruction in (0x50, 0x82, 0xD8):
            works[KEY_OPERATIONS] += work
        elif instruction in (0xE6, 0xE8):
            works[WRITING] += work
    for kind, work in works.items():
        assert time.share(kind) == pytest.approx(work, rel=0.05)
    assert time.share(WIRE) > 0 and WORK[0xD8][0] > WORK[0x50][0]


def sessions(tape: Tape) -> list[cardlib.Session]:
    """The sessions of a tape, as they are read from a file."""
    import io

    from cardlib.formats import card_jsonl

    out = io.StringIO(newline="")
    card_jsonl.write(out, tape.items, made_by="test")
    return list(cardlib.read_text(out.getvalue()).sessions)


def test_a_batch_has_the_medians() -> None:
    times = [card_times(cardlib.read(TRACES / f"{name}.card.jsonl"))[0] for name in NAMES]
    rows = dict(batch(times))
    totals = sorted(time.total_ns for time in times)
    assert rows["whole"] == totals[1]
    assert rows[WIRE] == sorted(time.share(WIRE) for time in times)[1]


def test_it_prints_its_parts() -> None:
    (time,) = cardlib.card_times(TRACES / "bureau_scp03.card.jsonl")
    text = str(time)
    assert text.startswith("card of session 0: 3.5") and "23 commands" in text
    assert "wire" in text and "%" in text
    assert text in (ROOT / "docs/personalisation.md").read_text("utf-8")
