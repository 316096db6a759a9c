# SPDX-License-Identifier: MIT
"""The fields of the filter language in real exchanges; masking; how little is decoded; streams."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dialogue import captured, payment
from test_secrets import (
    NAME,
    PAN,
    PIN,
    SELECTED,
    TRACK2,
    capture,
    pin_block,
    read_record,
    text,
    tlv,
)

import cardlib
from cardlib.core.errors import CardlibError
from cardlib.core.model import Exchange
from cardlib.core.where.kinds import FIELDS
from cardlib.road import meaning
from cardlib.show.where import VALUES, Filter, failed, select

RECORD = tlv("70", tlv("5A", PAN) + tlv("57", TRACK2) + tlv("5F20", text(NAME)))
VERIFY = ("0020008008" + pin_block(PIN), "63C2")
SECRETS = capture(*SELECTED, *read_record(1, RECORD), *VERIFY)
TRACES = Path(__file__).resolve().parent.parent / "traces"


def numbers(source: cardlib.Capture, expression: str, reveal: bool = False) -> list[int]:
    return [exchange.index for exchange in select(source, expression, reveal)]


def test_every_field_has_its_values() -> None:
    assert list(VALUES) == list(FIELDS)


# 0 SELECT, 1 GPO, 2 READ RECORD, 3 VERIFY, 4 GENERATE AC, 5 EXTERNAL AUTHENTICATE, 6 GENERATE AC
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("n == 2..3", [2, 3]),
        ("session == 0 and channel == 0", [0, 1, 2, 3, 4, 5, 6]),
        ("command == 'GENERATE AC'", [4, 6]),
        ("ins == AE and p1 == 40", [6]),
        ("cla == 8x", [1, 4, 6]),
        ("p2 == 80", [3]),
        ("sw != 9000", []),
        ("aid == A0000000031010", [1, 2, 3, 4, 5, 6]),
        ("app == emv", [1, 2, 3, 4, 5, 6]),
        ("tag == 9F26", [4, 6]),
        ("tag ~ 'cardholder verification method list'", [2]),
        ("lc == 8", [3]),
        ("lr == 0", [3, 5]),
        ("value ~ 'floor limit' and ins == AE", [4, 6]),
        ("bytes ~ 9F2608", [4, 6]),
        ("finding == E33", [3]),
        ("'PIN in clear'", [3]),
        ("took or time or gap", []),
        ("error or failed", []),
        ("visa", [0, 4]),  # 4: what a rule concludes
        ("visa and not finding", [0]),
        ("", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_fields_of_a_payment(expression: str, expected: list[int]) -> None:
    assert numbers(payment(), expression) == expected


def test_times_and_gaps() -> None:
    source = cardlib.read(TRACES / "contact_purchase.card.jsonl")
    assert numbers(source, "took > 300ms") == [7, 9]
    first, second = source[0], source[1]
    assert first.end_ns is not None and second.start_ns is not None
    gap = second.start_ns - first.end_ns
    assert numbers(source, f"gap == {gap}ns") == [1]
    assert 0 not in numbers(source, "gap")


@pytest.mark.parametrize(
    ("command", "answer", "expected"),
    [
        ("00A4040000", "9000", False),
        ("00A4040000", "6A82", True),
        ("00A4040000", "6283", False),
        ("00A4040000", "", True),
        ("00200080081234FFFFFFFFFF00", "63C2", True),
        ("00200080", "63C2", False),
        ("80C2000000", "9110", False),
        ("9060000000", "91AF", False),
        ("9060000000", "91AE", True),
    ],
)
def test_what_failed(command: str, answer: str, expected: bool) -> None:
    source = captured([command, answer])
    assert [failed(exchange) for exchange in source] == [expected]
    assert numbers(source, "failed") == [0] * expected


def test_a_damaged_half_has_an_error() -> None:
    assert numbers(capture("00B2010C00", "70085A0847617390009000"), "error") == [0]
    assert numbers(capture("00A4040005A000", "9000"), "error") == [0]
    assert numbers(payment(), "error") == []


@pytest.mark.parametrize("secret", [PAN, PAN[6:12], NAME, "quispe", PIN, TRACK2[17:30]])
@pytest.mark.parametrize("form", ["{0}", "text ~ {0}", "value ~ {0}", "value == {0}", "tag ~ {0}"])
def test_what_is_hidden_is_not_found(secret: str, form: str) -> None:
    assert numbers(SECRETS, form.format(f"'{secret}'")) == []


def test_bytes_that_are_hidden_are_not_found() -> None:
    block = pin_block(PIN)
    assert numbers(SECRETS, f"bytes ~ {block}", reveal=True) == [2]
    for digits in (block, block[2:6], PAN[6:12], PAN, text(NAME)):
        assert numbers(SECRETS, f"bytes ~ {digits}") == []
    assert numbers(SECRETS, f"bytes ~ {PAN[:6]}") == [1]  # a print shows these digits, too


def test_a_secret_of_an_exchange_that_is_not_chosen_stays_hidden_in_a_stream(
    tmp_path: Path,
) -> None:
    again = ("00B2020C00", tlv("70", tlv("DF7F", text(NAME))) + "9000")
    lines = (*SELECTED, *read_record(1, RECORD), *again)
    file = tmp_path / "log.txt"
    file.write_text("\n".join(f"{'><'[i % 2]} {line}" for i, line in enumerate(lines)), "utf-8")
    for where in ("n == 2", lambda exchange: exchange.index == 2):
        table = cardlib.exchanges(file, where=where)
        assert table.exchange.tolist() == [2]
        assert text(NAME) not in table.response[0]
    assert cardlib.exchanges(file, where=f"n == 2 and bytes ~ {text(NAME)}").empty
    assert cardlib.exchanges(file, where=f"n == 2 and '{NAME}'").empty


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The numbers of the exchanges that are decoded."""
    seen: list[int] = []
    decode = meaning.decode

    def watched(exchange: Exchange, context: object = None) -> object:
        seen.append(exchange.index)
        return decode(exchange)

    monkeypatch.setattr(meaning, "decode", watched)
    yield seen


@pytest.mark.parametrize(
    "expression",
    ["sw != 9000", "failed", "command == VERIFY and lc == 8", "took > 5ms or n == 2", "gap > 1s"],
)
def test_what_needs_no_decoding_is_not_decoded(decoded: list[int], expression: str) -> None:
    numbers(payment(), expression)
    assert decoded == []


def test_only_what_is_asked_for_is_decoded(decoded: list[int]) -> None:
    assert numbers(payment(), "tag == 9F26 and ins == AE", reveal=True) == [4, 6]
    assert sorted(set(decoded)) == [4, 6]


def test_findings_need_a_whole_capture() -> None:
    with pytest.raises(CardlibError, match="read it whole"):
        Filter("finding == E33")
    with pytest.raises(CardlibError, match="read it whole"):
        cardlib.exchanges(TRACES / "contact_purchase.card.jsonl", where="finding")


def test_notes_of_a_user() -> None:
    with pytest.raises(CardlibError, match="in the explorer"):
        select(payment(), "note ~ why")
    filter = Filter("note ~ why or 'ask the vendor'", notes={2: "Why now?", 3: "ask the vendor"})
    assert [exchange.index for exchange in payment() if filter.matches(exchange)] == [2, 3]


def test_a_filter_forgets_sessions_that_are_long_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardlib.show.where.MOST_SESSIONS", 3)
    filter = Filter("gap")
    for session in range(10):
        filter.matches(Exchange(session, session, None, None, end_ns=5))
    assert len(filter._ends) == 3


def test_a_selection_prints_a_line_each() -> None:
    chosen = cardlib.select(payment(), "command ~ generate")
    assert [row.split()[0] for row in str(chosen).splitlines()] == ["4", "6"]
    assert repr(chosen) == str(chosen)
    assert "GENERATE AC" in chosen._repr_html_()
    assert str(cardlib.select(payment(), "failed")) == "no exchange"
