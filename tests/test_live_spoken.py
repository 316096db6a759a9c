# SPDX-License-Identifier: MIT
"""What is said while a card is recorded or replayed holds no PIN, and nothing that a row marks."""

from __future__ import annotations

from cardlib.core.model import Capture
from cardlib.live.replay import Replay
from cardlib.live.spoken import Spoken, spoken_command
from cardlib.road.follow import begin
from cardlib.road.pipeline import read_text

SELECT = bytes.fromhex("00A4040007A000000003101000")
NAME = b"QUISPE/MARISOL".hex().upper()
LOG = f"> 00A4040007A000000003101000\n< 9000\n> 00B2010C00\n< 70115F200E{NAME}9000\n"


def test_a_pin_is_hidden() -> None:
    spoken = Spoken(None)
    line = spoken.line(bytes.fromhex("00200080082473519FFFFFFFFF"), b"\x63\xc2")
    assert line == "0020008008**************** -> 63C2"


def test_an_answer_that_is_fetched_in_parts_is_hidden_in_all() -> None:
    spoken = Spoken(None)
    assert spoken.line(SELECT, b"\x90\x00") == "00A4040007A000000003101000 -> 9000"
    assert spoken.line(bytes.fromhex("00B2010C00"), b"\x61\x13") == "00B2010C00 -> 6113"
    answer = bytes.fromhex(f"70115F200E{NAME}9000")
    line = spoken.line(bytes.fromhex("00C0000013"), answer)
    assert line == f"00C0000013 -> 70115F200E{'*' * 28} 9000"


def test_what_a_replay_does_not_know_is_said_without_secrets() -> None:
    capture: Capture = read_text(LOG)
    card = Replay(capture, "strict")
    card.power_on()
    card.answer(SELECT)
    card.answer(bytes.fromhex(f"00DA0F7F0E{NAME}"))
    assert card.divergences == [f"command 1: 00DA0F7F0E{'*' * 28}; the capture has 00B2010C00"]
    assert spoken_command(b"\x00\x20", begin(), None) == "0020"
