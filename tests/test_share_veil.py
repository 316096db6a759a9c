# SPDX-License-Identifier: MIT
"""Problems as they are shown: the line that one quotes is masked for me, and closed to others."""

from __future__ import annotations

import cardlib
from cardlib.core.model import Problem
from cardlib.share.masking import handing_on
from cardlib.share.veil import Veil

LINE = Problem("unreadable line", "no hex: `RIVERA`", 4, 10, 40, quote="holder RIVERA 5A 08 47")


def test_a_quotation_is_masked_for_me_and_closed_to_others() -> None:
    veil = Veil((), reveal=False)
    masked = 'unreadable line: no hex: `RIVERA` (line 4: "holder RIVERA ** ** **")'
    assert veil.problem(LINE) == masked
    assert veil.quote(LINE) == "holder RIVERA ** ** **"
    with handing_on():
        assert veil.problem(LINE) == "unreadable line: no hex: ******** (line 4)"
        assert veil.quote(LINE) is None


def test_a_quotation_that_is_revealed_is_revealed_to_others_too() -> None:
    veil = Veil((), reveal=True)
    with handing_on():
        text = 'unreadable line: no hex: `RIVERA` (line 4: "holder RIVERA 5A 08 47")'
        assert veil.problem(LINE) == text
        assert veil.quote(LINE) == "holder RIVERA 5A 08 47"


def test_a_problem_without_a_line_has_its_place() -> None:
    veil = Veil((), reveal=False)
    assert veil.problem(Problem("k", "d", 2, 5, 9)) == "k: d (unit 2, bytes 5..9)"
    assert veil.problem(Problem("k", "x" * 500, 0, 0, 0)).startswith("k: " + "x" * 300)
    assert len(veil.problem(Problem("k", "x" * 500, 0, 0, 0))) < 420
    assert veil.quote(Problem("k", "d", 2, 5, 9)) is None


USIM = "> 00A404000CA0000000871002FFFFFFFF89\n< 9000\n"
SHOWN = "> 8012000000\n< D01A8103012180820281028D0F0448656C6C6F204D617269736F6C219000\n"
SERVER = "> 8012000000\n< D0098103012180820281029000\n"  # a text was left out


def test_a_headline_tells_others_no_text_that_no_row_lets_be_shared() -> None:
    capture = cardlib.read_text(USIM + SHOWN)
    (act,) = cardlib.acts(capture)
    assert "Hello Marisol!" in act.headline
    mine = Veil(capture.exchanges, reveal=False).over(act.headline)
    with handing_on():
        theirs = Veil(capture.exchanges, reveal=False).over(act.headline)
        assert Veil(capture.exchanges, reveal=True).over(act.headline) == act.headline
    assert mine == act.headline
    assert "Marisol" not in theirs and "DISPLAY TEXT" in theirs


def test_a_part_of_a_closed_text_is_closed_too() -> None:
    """A headline cuts long texts; the name stands across the cut."""
    capture = cardlib.read_text(USIM + SHOWN)
    with handing_on():
        assert (
            Veil(capture.exchanges, reveal=False).over("says Hello Maris...")
            == "says ***********..."
        )
        assert Veil(capture.exchanges, reveal=False).over("says Hello") == "says Hello"


def test_nothing_is_closed_where_nothing_is_said() -> None:
    capture = cardlib.read_text(USIM + SERVER)
    with handing_on():
        assert Veil(capture.exchanges, reveal=False).over("Hello Marisol!") == "Hello Marisol!"


def test_our_own_words_for_an_application_are_not_closed() -> None:
    """The label of the card is the name by which we call it."""
    select = "> 00A4040009D2760000254501000000\n< 6F0F8409D27600002545010000A50250009000\n"
    label = "> 00A4040009D2760000254501000000\n< 6F188409D27600002545010000A50B500947656C644B617274659000\n"
    for text in (select, label):
        capture = cardlib.read_text(text)
        with handing_on():
            assert Veil(capture.exchanges, reveal=False).over("GeldKarte read") == "GeldKarte read"
