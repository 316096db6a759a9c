# SPDX-License-Identifier: MIT
"""Tables: columns and kinds of values are the interface; masked, streamed from a path, safe as CSV."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from test_secrets import PAN, SELECTED, capture, read_record, tlv

import cardlib
from cardlib import Capture
from cardlib.core.model import Evidence, Exchange, Finding
from cardlib.show import tables

EXCHANGES = [
    "file",
    "session",
    "exchange",
    "channel",
    "application",
    "command_name",
    "cla",
    "ins",
    "p1",
    "p2",
    "lc",
    "le",
    "command",
    "response",
    "sw",
    "sw_text",
    "start_ns",
    "end_ns",
    "duration_ns",
    "clock",
    "problem",
]
ELEMENTS = [
    "file",
    "session",
    "exchange",
    "side",
    "path",
    "tag",
    "name",
    "value_hex",
    "text",
    "start",
    "end",
    "ref",
    "checked",
]
TIMINGS = [
    "file",
    "session",
    "exchange",
    "command_name",
    "start_ns",
    "end_ns",
    "duration_ns",
    "gap_ns",
    "clock",
]
FINDINGS = [
    "file",
    "exchange",
    "rule",
    "severity",
    "verdict",
    "title",
    "detail",
    "side",
    "start",
    "end",
    "source",
]
NUMBERS = {
    "session",
    "exchange",
    "channel",
    "lc",
    "le",
    "start_ns",
    "end_ns",
    "duration_ns",
    "gap_ns",
    "start",
    "end",
}
LINES = (
    "",
    "6A82",
    *SELECTED,
    *read_record(1, tlv("70", tlv("5A", PAN))),
    "00B2020C00",
    "",
    "00B2030C00",
    "01",
)


@pytest.fixture
def timed(tmp_path: Path) -> Path:
    """A file with times: two sessions, the second without an end."""
    rows = ['{"card_capture": 1}']
    stamps = [(0, 5_000), (6_000, 7_000), (9_000, None)]
    for number in (0, 1):
        rows.append(json.dumps({"session": number, "clock": "rf" if number else "host"}))
        for start, end in stamps:
            base = number * 10**18
            rows.append(
                json.dumps(
                    {"t": base + start, "from": "reader", "kind": "apdu", "data": "00B2010C00"}
                )
            )
            if end is not None:
                rows.append(
                    json.dumps({"t": base + end, "from": "card", "kind": "apdu", "data": "9000"})
                )
    file = tmp_path / "timed.card.jsonl"
    file.write_text("\n".join(rows), "utf-8")
    return file


def kinds(table: pd.DataFrame) -> dict[str, str]:
    return {name: str(kind) for name, kind in table.dtypes.items()}


def one() -> Capture:
    return capture(*LINES)


def test_columns_and_kinds() -> None:
    found = cardlib.check(one())
    for table, columns in (
        (cardlib.exchanges(one()), EXCHANGES),
        (cardlib.elements(one()), ELEMENTS),
        (cardlib.timings(one()), TIMINGS),
        (cardlib.findings(found), FINDINGS),
    ):
        assert list(table.columns) == columns
        for name, kind in kinds(table).items():
            assert kind == "Int64" if name in NUMBERS else kind.startswith("str"), name


@pytest.mark.parametrize(
    "make", [cardlib.exchanges, cardlib.elements, cardlib.timings, cardlib.findings]
)
def test_empty_sources_have_the_same_columns_and_kinds(make: object) -> None:
    full = cardlib.check(one()) if make is cardlib.findings else one()
    empty = make([])  # type: ignore[operator]
    assert len(empty) == 0
    assert kinds(empty) == kinds(make(full))  # type: ignore[operator]


def test_a_row_of_exchanges() -> None:
    table = cardlib.exchanges(one())
    row = table.iloc[2]
    wanted = {
        "file": "(text)",
        "session": 0,
        "exchange": 2,
        "channel": 0,
        "application": "emv",
        "clock": "none",
    }
    wanted |= {
        "command_name": "READ RECORD",
        "cla": "00",
        "ins": "B2",
        "p1": "01",
        "p2": "0C",
        "lc": 0,
        "le": 256,
    }
    wanted |= {
        "command": "00B2010C00",
        "response": "700A5A08476173******01199000",
        "sw": "9000",
        "problem": "",
    }
    assert {name: row[name] for name in wanted} == wanted
    assert row["sw_text"] == "normal processing" and row["duration_ns"] is pd.NA


def test_missing_halves_are_missing_values() -> None:
    table = cardlib.exchanges(one())
    assert table["response"].isna().tolist() == [False, False, False, True, False]
    assert table["sw"].isna().tolist() == [False, False, False, True, True]
    assert table["cla"].isna().tolist() == [True, False, False, False, False]
    assert table["lc"].isna().tolist() == [True, False, False, False, False]
    assert table["problem"][4] == "an answer of fewer than two bytes"


def test_rows_of_elements() -> None:
    table = cardlib.elements(one())
    entry = table[table["tag"] == "5A"].iloc[0]
    assert (entry["path"], entry["value_hex"], entry["text"]) == (
        "70/5A",
        "476173******0119",
        "476173******0119",
    )
    assert (entry["side"], entry["start"], entry["end"]) == ("response", 2, 12)
    assert "6F/A5/9F38" in set(table["path"]) and set(table["side"]) == {"response"}
    assert table["ref"].str.len().gt(0).any()
    shown = cardlib.elements(one(), reveal=True)
    assert PAN in set(shown["value_hex"])


def test_times_and_gaps(timed: Path) -> None:
    table = cardlib.timings(timed)
    assert table["duration_ns"].tolist()[:2] == [5_000, 1_000]
    assert table["gap_ns"].tolist()[1:3] == [1_000, 2_000]
    assert table["gap_ns"].isna().tolist() == [True, False, False, True, False, False]
    assert table["clock"].tolist() == ["host"] * 3 + ["rf"] * 3
    assert str(table["duration_ns"].dtype) == "Int64" and table["start_ns"].tolist()[3] == 0


def test_sources_of_every_kind_agree(timed: Path) -> None:
    whole = cardlib.read(timed)
    of_path, of_text, of_capture = (
        cardlib.exchanges(source) for source in (timed, str(timed), whole)
    )
    pd.testing.assert_frame_equal(of_path, of_capture)
    pd.testing.assert_frame_equal(of_text, of_capture)
    of_session, of_iterable = (
        cardlib.exchanges(whole.sessions[1]),
        cardlib.exchanges(iter(whole.exchanges)),
    )
    assert of_session["clock"].tolist() == ["rf"] * 3 and of_session["file"].tolist() == [""] * 3
    assert of_iterable["exchange"].tolist() == of_capture["exchange"].tolist()
    assert set(of_iterable["clock"]) == {"none"}


def test_limit_and_where_cut_early(timed: Path) -> None:
    assert (
        len(cardlib.exchanges(one(), limit=2)) == 2 and len(cardlib.exchanges(one(), limit=0)) == 0
    )
    only = cardlib.exchanges(one(), where=lambda e: e.command is None)
    assert only["exchange"].tolist() == [0]
    assert set(cardlib.elements(one(), where=lambda e: e.index == 1)["exchange"]) == {1}
    assert len(cardlib.timings(timed, limit=1)) == 1

    def endless() -> object:
        while True:
            yield one().exchanges[0]

    assert len(cardlib.exchanges(endless(), limit=3)) == 3  # type: ignore[arg-type]


def test_findings_have_a_row_for_each_evidence() -> None:
    evidence = (Evidence(1, "command", 0, 4, "a"), Evidence(2, "response", 1, 2, "b"))
    table = cardlib.findings(
        [
            Finding("R", "high", "fail", "t", "d", evidence, "s"),
            Finding("S", "low", "pass", "t", "=d", (), ""),
        ]
    )
    assert table["rule"].tolist() == ["R", "R", "S"] and table["file"].tolist() == ["a", "b", ""]
    assert table["start"].tolist()[:2] == [0, 1] and table["start"].isna().tolist() == [
        False,
        False,
        True,
    ]
    assert table["detail"].tolist()[2] == "'=d"


def test_hostile_text_is_quoted() -> None:
    label = b"=1+1\x1b$x$".hex().upper()
    hostile = capture(
        "00A4040007A0000000031010",
        tlv("6F", tlv("84", "A0000000031010") + tlv("50", label)) + "9000",
    )
    assert r"'=1+1\x1B\$x\$" in set(cardlib.elements(hostile)["text"])


def test_a_plain_iterable_of_exchanges_is_not_printed_to_see_whether_it_is_ours() -> None:
    class Loud(list[Exchange]):
        def __str__(self) -> str:
            raise AssertionError

    assert len(tables.exchanges(Loud(one().exchanges))) == 5
