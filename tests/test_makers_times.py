# SPDX-License-Identifier: MIT
"""The model of times: the table, the wire and 6 % of noise give what stands on the tape."""

from __future__ import annotations

from pathlib import Path

import pytest

import cardlib
from traces.makers.times import Tape, Transmit

TRACES = Path(__file__).resolve().parent.parent / "traces"

SELECT, REFUSED = "00A4040000", "6A82"
CONTACT = 12 * 372 / 3_571_200 * 1e9  # ns: a character, at 9600 bit/s
BIT = 128 / 13.56e6 * 1e9  # ns, at 106 kbit/s
ATR = {"T=0": "3B00", "T=1": "3B8001", "contactless": "3B8001"}


@pytest.mark.parametrize(
    ("protocol", "command", "answer", "work", "wire"),
    [
        ("T=1", SELECT, "9000", 22, 15 * CONTACT),  # four bytes around each
        ("T=0", SELECT, REFUSED, 2, 7 * CONTACT),
        ("T=0", "00A40400023F00", "9000", 22, 10 * CONTACT),  # a procedure byte before the data
        (
            "contactless",
            SELECT,
            "9000",
            9,
            (13 * 9 + 2) * BIT,
        ),  # PCB and CRC around each, a bit before
        ("T=1", "0020008800", "9000", 121, 15 * CONTACT),
        ("contactless", "80AE900000", "9F4B819000", 138, (16 * 9 + 2) * BIT),
        ("contactless", "80F2000000", "9000", 8, (13 * 9 + 2) * BIT),
    ],
)
def test_a_command_takes_its_work_and_its_bytes(
    protocol: str, command: str, answer: str, work: int, wire: float
) -> None:
    tape = Tape("test", 1, protocol)
    tape.power_on(bytes.fromhex(ATR[protocol]))
    tape.over(lambda asked: bytes.fromhex(answer))(bytes.fromhex(command))
    [busy] = tape.works
    assert 0.94 * work * 1_000_000 <= busy <= 1.06 * (work + 1) * 1_000_000
    assert tape.took() == pytest.approx(busy + wire, abs=2)
    sent, came = tape.frames[-2:]
    assert (sent.data.hex(), came.data.hex()) == (command.lower(), answer.lower())
    assert (
        came.time_ns is not None
        and sent.time_ns is not None
        and came.time_ns - sent.time_ns == tape.took()
    )


def test_a_seed_gives_the_same_times_again() -> None:
    def times(seed: int) -> list[int | None]:
        tape = Tape("test", seed, "T=1")
        for _ in range(2):
            tape.power_on(b"\x3b\0")
            tape.over(lambda asked: bytes.fromhex(REFUSED))(bytes.fromhex(SELECT))
            tape.wait(1000)
        return [frame.time_ns for frame in tape.frames]

    assert times(1) == times(1) != times(2)
    assert times(1)[0] == times(1)[3] == 0  # each session counts from its own power-up


def test_whoever_answers_takes_the_time() -> None:
    """A device in between that answers VERIFY itself leaves the card idle; what it passes on costs both."""

    def wedge(card: Transmit) -> Transmit:
        def answer(command: bytes) -> bytes:
            tape.wait(1)
            return b"\x90\0" if command[1] == 0x20 else card(command)

        return answer

    tape = Tape("test", 1, "T=1")
    tape.power_on(bytes.fromhex(ATR["T=1"]))
    transmit = tape.over(lambda asked: b"\x90\0", wedge)
    transmit(bytes.fromhex("0020008800"))
    answered_by_wedge = tape.took()
    transmit(bytes.fromhex(SELECT))
    selected, wire = tape.took(), 15 * CONTACT
    assert tape.works[0] == 0
    assert answered_by_wedge == pytest.approx(1_000_000 + wire, abs=60_002)
    assert selected == pytest.approx(tape.works[1] + 1_000_000 + wire, abs=60_002)


def test_a_wedge_is_too_quick_for_a_card() -> None:
    """In `attack_no_pin` the device answers VERIFY, which takes the card 28 ms, and needs 1 ms itself."""
    honest, attacked = (
        next(
            e.duration_ns
            for e in cardlib.read(TRACES / f"{name}.card.jsonl").exchanges
            if e.command and e.command.ins == 0x20
        )
        for name in ("contact_purchase", "attack_no_pin")
    )
    assert honest is not None and attacked is not None
    assert 26 < (honest - attacked) / 1e6 < 29
