# SPDX-License-Identifier: MIT
"""The explorer of a file that is still being read: rows as they come, no byte before all is read, then the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dialogue import PAN
from test_formats_threads import ATRS, CALLS, lun, pcscd, power

import cardlib
from cardlib.road.growing import Growing
from cardlib.show.explorer import growing as module
from cardlib.show.explorer.chunk import unpacked
from cardlib.show.explorer.growing import FIRST_ROWS, GrowingStore, begun
from cardlib.show.explorer.rows import rows_chunk
from cardlib.show.explorer.store import Store
from cardlib.show.explorer.widget import MAX_LINES, STATIC, fallback

SELECT = "> 00A4040007A000000003101000\n< 6A82\n"
RECORD = f"> 00B2011400\n< 700A5A08{PAN}9000\n"
ATR = "ATR: 3B 65 00 00 20 63 CB 6A 00\n"
LOG = (ATR + SELECT * 299) * 5 + RECORD  # what is secret stands at the end


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.txt"
    path.write_text(LOG, "utf-8")
    return path


def store_of(path: Path, count: int = 1) -> GrowingStore:
    return GrowingStore(Growing(path, count), False, lambda capture: Store(capture))


def rows_of(store: GrowingStore) -> list[dict[str, Any]]:
    """All chunks of rows, as a page asks for them."""
    chunks: list[dict[str, Any]] = []
    place, more = 0, True
    while more:
        chunk = unpacked(store.chunk(f"grow-{place}") or b"")
        chunks.append(chunk)
        place += len(chunk.get("i", []))
        more = chunk["more"]
    return chunks


@pytest.mark.parametrize(
    "name", ["grow-", "grow--1", "grow-x", "grow-99999999", "Grow-0", "draft-x", "survey--1"]
)
def test_what_is_no_question_has_no_answer(log: Path, name: str) -> None:
    assert store_of(log).chunk(name) is None


def test_rows_are_there_while_the_file_is_read(log: Path) -> None:
    store = store_of(log)
    first = unpacked(store.chunk("grow-0") or b"")
    assert len(first["i"]) == FIRST_ROWS and first["more"] and not store.growing.is_read
    assert [session["index"] for session in first["sessions"]] == [0, 1]
    chunks = rows_of(store)
    assert [len(chunk["i"]) for chunk in chunks] == [500, 500, 496]
    assert [chunk["more"] for chunk in chunks] == [True, True, False]
    assert all(chunk["inOrder"] for chunk in chunks)
    sessions = [session["index"] for chunk in chunks for session in chunk["sessions"]]
    assert sessions == [0, 1, 2, 3, 4]
    assert len(unpacked(store.chunk("draft-1") or b"")["q"]) == first["block"]
    whole = rows_chunk(cardlib.read(log).exchanges)
    for key in ("i", "s", "t", "e", "d", "sw", "lc", "lr", "ch", "u", "x"):
        assert [value for chunk in chunks for value in chunk[key]] == whole[key], key


def test_beyond_the_last_there_is_nothing_more(log: Path) -> None:
    chunk = unpacked(store_of(log).chunk("grow-9000") or b"")
    assert "i" not in chunk and not chunk["more"]


def test_everything_else_waits_for_the_end_and_is_the_same(log: Path) -> None:
    log.write_text((ATR + SELECT * 9) * 5 + RECORD, "utf-8")
    store = store_of(log)
    whole = Store(cardlib.read(log))
    for name in whole.names():
        assert store.chunk(name) == whole.chunk(name), name
    assert PAN not in str([unpacked(whole.chunk(name) or b"") for name in whole.names()])


def test_it_is_looked_through_part_by_part(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOKED_THROUGH", 600)
    store = store_of(log)
    places = (9999, 0, 601, 99999, 99999)
    answers = [unpacked(store.chunk(f"survey-{place}") or b"") for place in places]
    assert [answer["known"] for answer in answers] == [600, 600, 601, 1201, 1496]
    assert [answer["more"] for answer in answers] == [True, True, True, True, False]
    assert unpacked(store.chunk("survey-9999") or b"") == answers[-1], "nothing more is to be done"
    words = store.chunk("words-2")
    assert words == Store(cardlib.read(log)).chunk("words-2")
    assert PAN not in str(unpacked(words or b""))


def test_what_is_revealed_needs_not_be_looked_through(log: Path) -> None:
    store = GrowingStore(Growing(log, 1), True, lambda capture: Store(capture, reveal=True))
    assert unpacked(store.chunk("survey-1") or b"") == {"known": 0, "more": False}


def words_of(chunk: dict[str, Any]) -> list[tuple[str, str]]:
    """What was asked and answered, exchange by exchange."""
    words = chunk["words"]
    return [(words[q], words[r]) for q, r in zip(chunk["q"], chunk["r"], strict=True)]


def test_a_draft_says_no_value_that_follows_as_secret(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    name = PAN.encode("ascii").hex().upper()
    select = f"> 00A40400{len(name) // 2:02X}{name}00\n< 6A82\n"
    path.write_text(SELECT + select + f"> 00A40000023F00\n< {PAN}9000\n" + RECORD, "utf-8")
    store = store_of(path, 99)
    draft = unpacked(store.chunk("draft-0") or b"")
    words = words_of(draft)
    assert words[0] == ("Visa credit or debit", "file or application not found")
    assert words[2:] == [("MF", "8 bytes"), ("record 1, SFI 2", "5A")]
    assert words[1][0].strip("*") == ""
    assert (
        PAN not in str(draft) and name not in str(draft) and draft["tags"] == draft["texts"] == []
    )
    assert words_of(unpacked(store.chunk("words-0") or b"")) == words
    assert unpacked(store.chunk("draft-1") or b"")["q"] == []


def test_sessions_that_take_turns_are_put_in_order_at_the_end(tmp_path: Path) -> None:
    rows = [
        [(power(number), f"Card ATR: {ATRS[number]}"), (CALLS[0], lun(number), CALLS[1])]
        for number in (0, 1)
    ]
    turns = [rows[0][0], rows[1][0], rows[0][1], rows[1][1]]
    turns += [(CALLS[2], lun(0), CALLS[3]), (CALLS[2], lun(1), CALLS[3])]
    path = tmp_path / "pcscd.log"
    path.write_text("".join(pcscd("", *lines) for lines in turns), "utf-8")
    [chunk] = rows_of(store_of(path))
    assert chunk["s"] == [0, 1, 0, 1] and not chunk["inOrder"]
    assert [exchange.session for exchange in cardlib.read(path).exchanges] == [0, 0, 1, 1]


def test_a_short_file_is_read_at_once_and_a_long_one_is_begun(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert begun(log) == cardlib.read(log)
    monkeypatch.setattr(module, "READ_AT_ONCE", 600)
    explorer = cardlib.explore(log)
    assert repr(explorer).startswith("Explorer of more than 600 exchanges:")
    page = fallback(explorer, STATIC)
    assert page.count("SELECT") == MAX_LINES and "... more than 400 more exchanges" in page
    [store] = explorer.growing_stores()
    assert isinstance(store, GrowingStore) and not store.growing.is_read
    assert len(explorer.shown) == len(explorer) == 1496 and store.growing.is_read
    assert explorer.captures == (cardlib.read(log),)
