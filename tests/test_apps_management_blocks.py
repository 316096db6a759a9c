# SPDX-License-Identifier: MIT
"""Data groupings that go over several STORE DATA: damaged ones first, then in clear and enciphered."""

from __future__ import annotations

import pytest
from dialogue import captured

from cardlib.core.model import Capture, Node
from cardlib.road.meaning import halves

SELECT = ["00A4040008A000000151000000", "9000"]
# Record 1 of file 1: card number of a test range, expiry, usage control; then DGI 9102 with a counter
GROUPINGS = bytes.fromhex(
    "0101177015" + "5A084761739001010010" + "5F2403281231" + "9F07020780" + "9102059F36020001"
)


def block(data: bytes, number: int, is_last: bool, structure: int = 0x08) -> str:
    p1 = structure | 0x80 * is_last
    return f"80E2{p1:02X}{number:02X}{len(data):02X}{data.hex().upper()}"


def stored(*sizes: int, answer: str = "9000") -> Capture:
    """The groupings in blocks of these sizes, the rest in a last one."""
    lines = list(SELECT)
    place = 0
    for number, size in enumerate(sizes):
        lines += [block(GROUPINGS[place : place + size], number, False), answer]
        place += size
    return captured([*lines, block(GROUPINGS[place:], len(sizes), True), "9000"])


def named(capture: Capture, number: int) -> dict[str, Node]:
    halves_ = halves(capture.exchanges[number])
    return {
        node.tag: node for side, half in halves_ if side == "command" for _, node in half.walk()
    }


def test_a_cut_grouping_in_the_last_block_is_an_error() -> None:
    capture = captured([*SELECT, block(GROUPINGS[:12], 0, True), "9000"])
    assert named(capture, 1)["0101"].error == "cut off: 23 bytes expected, 9 left"


def test_a_refused_block_is_not_gone_on_with() -> None:
    assert "5F24" not in named(stored(12, answer="6A80"), 2)


@pytest.mark.parametrize("size", range(1, 34))
def test_nothing_raises_wherever_it_is_cut(size: int) -> None:
    for exchange in stored(size).exchanges:
        assert not any("broke" in half.error for _, half in halves(exchange))


def test_a_grouping_over_two_blocks_is_read_as_one() -> None:
    capture = stored(12)
    first = named(capture, 1)["0101"]
    assert (first.error, first.note) == ("", "goes on in the next block")
    second = named(capture, 2)
    assert second["0101"].note == "continued"
    assert second["5F24"].text == "2028-12-31"
    assert second["9F36"].text == "1"


def test_over_three_blocks() -> None:
    second, third = named(stored(12, 6), 2), named(stored(12, 6), 3)
    assert second["0101"].note == "continued"
    assert third["9F07"].raw.hex().upper() == "9F07020780"


def test_groupings_that_end_with_their_block_know_nothing_of_each_other() -> None:
    capture = stored(26)
    assert named(capture, 1)["0101"].note == ""
    assert set(named(capture, 2)) >= {"9102", "9F36"} and "0101" not in named(capture, 2)
