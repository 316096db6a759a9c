# SPDX-License-Identifier: MIT
"""The model of times: the table, the wire and 6 % of noise give what stands on the tape."""

from __future__ import annotations

import pytest

from traces.makers.times import CONTACT_BYTE, CONTACTLESS_BYTE, Tape

SELECT, REFUSED = bytes.fromhex("00A4040000"), b"\x6a\x82"


@pytest.mark.parametrize(
    ("protocol", "command", "answer", "work", "wire"),
    [
        ("T=1", SELECT, b"\x90\0", 22, 15 * CONTACT_BYTE),
        ("T=0", SELECT, REFUSED, 2, 9 * CONTACT_BYTE),
        ("contactless", SELECT, b"\x90\0", 9, 17 * CONTACTLESS_BYTE),
        ("T=1", bytes.fromhex("0020008800"), b"\x90\0", 121, 15 * CONTACT_BYTE),
        ("contactless", bytes.fromhex("80AE900000"), b"\x9f\x4b\x81\x90\0", 138, 20 * CONTACTLESS_BYTE),
        ("contactless", bytes.fromhex("80F2000000"), b"\x90\0", 8, 17 * CONTACTLESS_BYTE),
    ],
)
def test_a_command_takes_its_work_and_its_bytes(
    protocol: str, command: bytes, answer: bytes, work: int, wire: int
) -> None:
    tape = Tape("test", 1, protocol)
    tape.power_on(b"\x3b\0")
    tape.over(lambda asked: answer)(command)
    busy = tape.took() - wire
    assert 0.94 * work * 1_000_000 <= busy <= 1.06 * (work + 1) * 1_000_000
    sent, came = tape.frames[-2:]
    assert (sent.data, came.data) == (command, answer) and came.time_ns - sent.time_ns == tape.took()


def test_a_seed_gives_the_same_times_again() -> None:
    def times(seed: int) -> list[int | None]:
        tape = Tape("test", seed, "T=1")
        for _ in range(2):
            tape.power_on(b"\x3b\0")
            tape.over(lambda asked: REFUSED)(SELECT)
            tape.wait(1000)
        return [frame.time_ns for frame in tape.frames]

    assert times(1) == times(1) != times(2)
    assert times(1)[0] == times(1)[3] == 0  # each session counts from its own power-up
