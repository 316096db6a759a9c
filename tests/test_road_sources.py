# SPDX-License-Identifier: MIT
"""One way to the exchanges of whatever a caller hands over, and one line for what has none."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_road_pipeline import RECORD, SELECT

import cardlib
from cardlib.core.errors import CardlibError
from cardlib.core.model import Capture, Session
from cardlib.road.pipeline import read_text
from cardlib.road.sources import (
    all_opened,
    capture_of,
    exchanges_of,
    opened,
    path_of,
    sessions_of,
)

CAPTURE = read_text(SELECT + RECORD)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (None, "no exchanges in an object of type NoneType: "),
        (7, "no exchanges in an object of type int: "),
        ("log.txt", "a path is read first: "),
        (b"log.txt", "a path is read first: "),
        (Path("log.txt"), "a path is read first: "),
        ([CAPTURE], "an object of type Capture among the exchanges: "),
        ([*CAPTURE.exchanges, None], "an object of type NoneType among the exchanges: "),
    ],
)
def test_what_holds_no_exchanges_is_refused_in_one_line(source: object, reason: str) -> None:
    with pytest.raises(CardlibError) as refusal:
        list(exchanges_of(source))  # type: ignore[arg-type]
    assert str(refusal.value).startswith(reason)
    assert "pass a capture, a session, or exchanges" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_exchanges_of_each_kind_of_source() -> None:
    both = list(CAPTURE.exchanges)
    assert len(both) == 2
    for source in (CAPTURE, CAPTURE.sessions[0], both, tuple(both), iter(both)):
        assert list(exchanges_of(source)) == both
    assert list(exchanges_of(both[1])) == [both[1]]
    assert list(exchanges_of([])) == []


def test_exchanges_are_taken_one_by_one() -> None:
    def endless() -> object:
        while True:
            yield CAPTURE.exchanges[0]

    assert next(exchanges_of(endless())) is CAPTURE.exchanges[0]  # type: ignore[arg-type]


def test_files_are_opened_and_the_rest_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_text(SELECT + RECORD, "utf-8")
    for path in (file, str(file)):
        capture = opened(path)
        assert isinstance(capture, Capture) and path_of(capture) == str(file)
    assert opened(CAPTURE) is CAPTURE
    pair = all_opened([file, CAPTURE])
    assert [path_of(source) for source in pair] == [str(file), CAPTURE.path]
    assert all_opened(CAPTURE) == [CAPTURE]
    assert all_opened(CAPTURE.exchanges) == [CAPTURE.exchanges]
    assert all_opened([]) == []


def test_a_capture_around_what_has_no_file() -> None:
    session = CAPTURE.sessions[0]
    assert capture_of(CAPTURE) is CAPTURE
    assert capture_of(session) == Capture("(no file)", "", (session,))
    around_one = Capture("(no file)", "", (Session(0, exchanges=CAPTURE.exchanges[1:]),))
    assert capture_of(CAPTURE.exchanges[1]) == around_one
    assert path_of(session) == ""
    assert sessions_of(CAPTURE) == CAPTURE.sessions == sessions_of(session)
    assert sessions_of(CAPTURE.exchanges) == sessions_of(CAPTURE.exchanges[0]) == ()


def test_the_front_takes_one_exchange() -> None:
    select, record = CAPTURE.exchanges
    assert [hit.exchange for hit in cardlib.find(record, "70")] == [record]
    assert cardlib.transactions(select)[0].exchanges == (select,)
    assert not cardlib.compare(select, select)
    assert cardlib.check(record)
    assert cardlib.report(record).title == "Report: (no file)"
    assert list(cardlib.exchanges(record)["exchange"]) == [record.index]


def test_tables_refuse_in_one_line_what_has_no_exchanges() -> None:
    with pytest.raises(CardlibError, match="no exchanges in an object of type int: pass a capture"):
        cardlib.exchanges(7)  # type: ignore[arg-type]
