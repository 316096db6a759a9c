# SPDX-License-Identifier: MIT
"""A capture that begins in the middle: what follows tells the application, within bounds, and never more than that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

import cardlib
from cardlib.core.apdu import parse_command, parse_response
from cardlib.core.blocks import Pair
from cardlib.core.model import Exchange, Frame, Problem, Session
from cardlib.road.beginning import MAX_HELD, Assumed, Item, look_ahead
from cardlib.show.text import text

READ, GENERATE, TOOLKIT = "00B2010C00", "80AE800000", "8012000010"


def pair(command: str | None) -> Pair:
    asked = parse_command(bytes.fromhex(command)) if command else None
    return Pair(asked, parse_response(b"\x90\x00"), ())


def kinds(items: Iterable[Item | str | None]) -> list[str]:
    """What comes out for these commands (None: one that is missing): an Assumed as its name, the rest as types."""
    given = (pair(item) if item is None or isinstance(item, str) else item for item in items)
    return [
        item.application if isinstance(item, Assumed) else type(item).__name__
        for item in look_ahead(given, ())
    ]


GAP = Problem("unreadable", "", 1, 0, 1)
REMARK = Problem("times", "", 1, 0, 1, gap=False)
ATR = Frame(0, None, "card", "atr", b"\x3b\x00", 1, 0, 2)
RADIO = Frame(0, None, "card", "rf", b"\x00", 1, 0, 1)

ORDERS: list[tuple[str, list[Item | str | None], list[str]]] = [
    ("nothing", [], []),
    ("a hole first", [GAP, READ, GENERATE], ["Problem", "Pair", "Pair"]),
    ("a hole between", [READ, GAP, GENERATE], ["Pair", "Problem", "Pair"]),
    ("a command that is missing", [READ, None, GENERATE], ["Pair", "Pair", "Pair"]),
    ("nobody claims anything", [READ, READ], ["Pair", "Pair"]),
    ("SELECT before the claim", [READ, "00A4040000", GENERATE], ["Pair", "Pair", "Pair"]),
    ("the claim itself comes first", [GENERATE, READ], ["Pair", "Pair"]),
    ("a remark between", [READ, REMARK, GENERATE], ["emv", "Pair", "Problem", "Pair"]),
    ("a frame between", [READ, RADIO, GENERATE], ["emv", "Pair", "Frame", "Pair"]),
    ("a later claim", [READ, READ, GENERATE], ["emv", "Pair", "Pair", "Pair"]),
    (
        "of two claims the first counts",
        [READ, TOOLKIT, GENERATE],
        ["telecom", "Pair", "Pair", "Pair"],
    ),
    ("a new session ends the search", [READ, ATR, GENERATE], ["Pair", "Frame", "Pair"]),
    (
        "each session for itself",
        [READ, ATR, READ, GENERATE],
        ["Pair", "Frame", "emv", "Pair", "Pair"],
    ),
    ("a head", [Session(0), READ, GENERATE], ["Session", "emv", "Pair", "Pair"]),
]


@pytest.mark.parametrize(
    ("items", "expected"), [row[1:] for row in ORDERS], ids=[row[0] for row in ORDERS]
)
def test_what_is_assumed(items: list[Item | str | None], expected: list[str]) -> None:
    assert kinds(items) == expected


def test_a_claim_that_comes_too_late_tells_nothing() -> None:
    assert kinds([*[READ] * (MAX_HELD - 1), GENERATE])[0] == "emv"
    assert kinds([*[READ] * MAX_HELD, GENERATE])[0] == "Pair"


def test_not_more_than_a_bounded_number_is_held_back() -> None:
    taken = 0

    def endless() -> Iterator[Item]:
        nonlocal taken
        for item in repeat(pair(READ)):
            taken += 1
            yield item

    items = look_ahead(endless(), ())
    for count in range(1, 1000):
        next(items)
        assert taken <= max(MAX_HELD, count)


def test_everything_comes_out_in_its_order() -> None:
    items: list[Item] = [
        pair(READ),
        RADIO,
        REMARK,
        pair(GENERATE),
        GAP,
        ATR,
        pair(READ),
        pair(None),
    ]
    found = [item for item in look_ahead(chain(items), ()) if not isinstance(item, Assumed)]
    assert found == items and all(a is b for a, b in zip(found, items, strict=True))


LOG = """\
> 00B2010C00
< 70128C069F02069F37048E0200005F2403301231{sw}
> 00B2020C00
< 6A83
> 80AE80000A00000000123455667788
< 77099F2701809F3602000A9000
"""


def told(log: str) -> str:
    capture = cardlib.read_text(log)
    return "\n".join(text(exchange) for exchange in capture.exchanges)


def test_a_log_that_begins_with_a_record() -> None:
    capture = cardlib.read_text(LOG.format(sw="9000"))
    assert [(e.context.application, e.context.how) for e in capture.exchanges] == [
        ("emv", "assumed")
    ] * 3
    printed = told(LOG.format(sw="9000"))
    assert (
        "Card risk management data object list 1" in printed
    )  # 8C, in the record before the claim
    assert "9F02" in printed and "000000001234" in printed and "12.34" not in printed


def test_a_log_without_a_claim_is_of_nobody() -> None:
    head = "".join(LOG.format(sw="9000").splitlines(True)[:4])
    capture = cardlib.read_text(head)
    assert {e.context.application for e in capture.exchanges} == {"iso7816"}


def test_stream_and_read_tell_the_same(tmp_path: Path) -> None:
    path = tmp_path / "middle.txt"
    path.write_text(LOG.format(sw="9000") + "ATR: 3B00\n" + LOG.format(sw="6A82"))
    capture = cardlib.read(path)
    streamed = [item for item in cardlib.stream(path) if isinstance(item, Exchange)]
    assert tuple(streamed) == capture.exchanges
    assert [e.context.application for e in streamed] == ["emv"] * 6
