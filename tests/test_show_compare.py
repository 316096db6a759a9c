# SPDX-License-Identifier: MIT
"""Comparing: what was changed is what is found, and first; what always differs is folded; nothing breaks out."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_secrets import (
    DATA,
    NAME,
    PAN,
    SELECTED,
    UNEXPLAINED,
    Run,
    capture,
    forms,
    found_in,
    read_record,
    text,
    tlv,
)
from test_secrets import run as run  # a fixture

import cardlib
from cardlib import Capture
from cardlib.core.model import Evidence
from cardlib.core.transport import locate
from cardlib.road.meaning import halves
from cardlib.show.compare import Comparison

TRACES = Path(__file__).resolve().parent.parent / "traces"
HONEST = TRACES / "contact_purchase.card.jsonl"
Row = dict[str, object]


def rows_of(file: Path) -> list[Row]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def altered(change: Callable[[list[Row]], object], file: Path = HONEST) -> Capture:
    """A shipped trace in which something was changed."""
    rows = rows_of(file)
    change(rows)
    return cardlib.read_text("\n".join(map(json.dumps, rows)))


def swap(old: str, new: str) -> Callable[[list[Row]], None]:
    """Bytes of the first frame that holds them, in the middle between the two sides."""

    def change(rows: list[Row]) -> None:
        row = next(row for row in rows if old in str(row.get("data", "")))
        row["data"] = str(row["data"]).replace(old, new, 1)

    return change


def kinds(found: Comparison) -> list[tuple[str, str]]:
    return [(one.kind, one.element) for one in found]


@pytest.mark.parametrize(
    ("old", "new", "element", "first", "second"),
    [
        # no PIN any more, but signature: what the man in the middle of contact PIN verification wants
        (
            "410342031E031F03",
            "1E0342031E031F03",
            "8E Cardholder verification method list (CVM list)",
            "4103",
            "1E03",
        ),
        ("800E3C00", "800E1C00", "82 Application Interchange Profile (AIP)", "3C00", "1C00"),
        (
            "000000004250",
            "000000000250",
            "9F02 Amount, authorised (numeric)",
            "000000004250",
            "000000000250",
        ),
        (
            "9F0D05F040640800",
            "9F0D050000000000",
            "9F0D Issuer action code, default",
            "F040640800",
            "0000000000",
        ),
    ],
)
def test_the_first_difference_is_the_change(
    old: str, new: str, element: str, first: str, second: str
) -> None:
    honest, tampered = cardlib.read(HONEST), altered(swap(old, new))
    found = cardlib.compare(honest, tampered)
    assert kinds(found) == [("changed", element)] and found.folded == () and found.matched == 15
    one = found.differences[0]
    assert first in one.a and second in one.b
    for spot, side in ((one.in_a, honest), (one.in_b, tampered)):
        assert spot
        half = getattr(side.exchanges[spot.exchange], spot.side)
        changed = [
            at
            for at, (x, y) in enumerate(
                zip(half.raw, _other(honest, tampered, spot, side), strict=True)
            )
            if x != y
        ]
        assert (spot.start, spot.stop) == (changed[0], changed[-1] + 1)


def _other(one: Capture, other: Capture, spot: Evidence, side: Capture) -> bytes:
    return bytes(getattr((other if side is one else one).exchanges[spot.exchange], spot.side).raw)


# Here the man in the middle takes time from the first exchange on, before he changes anything.
SLOWER_BEFORE = "attack_offline_type"
ATTACKS = [
    # What the recipe changed on the way, and so the first thing that is told; the last two change what always differs.
    (
        "contact_purchase",
        "attack_no_pin",
        "changed",
        "99 Transaction personal identification number data",
    ),
    (
        "contact_enciphered_pin",
        "attack_cvm_list",
        "changed",
        "8E Cardholder verification method list (CVM list)",
    ),
    ("tap_visa_high", "attack_ctq", "changed", "9F6C Card transaction qualifiers (CTQ)"),
    ("tap_mastercard_high", "attack_brand", "changed", "4F ADF name, application identifier (AID)"),
    ("tap_visa_low", "attack_offline_type", "changed", "9F10 Issuer application data (IAD)"),
    ("tap_relay_near", "attack_relay", "slower", ""),
    ("tap_two_purchases", "attack_repeated_number", "changed", "9F37 Unpredictable number"),
    ("tap_two_purchases", "attack_old_counter", "changed", "9F37 Unpredictable number"),
]


@pytest.mark.parametrize(
    ("honest", "attack", "kind", "element"), ATTACKS, ids=[row[1] for row in ATTACKS]
)
def test_on_an_attack_the_first_difference_is_the_change(
    honest: str, attack: str, kind: str, element: str
) -> None:
    one, other = (TRACES / f"{name}.card.jsonl" for name in (honest, attack))
    folds = honest == "tap_two_purchases"
    found = cardlib.compare(one, other, everything=folds)
    differences = kinds(found)
    if attack == SLOWER_BEFORE:
        assert differences[0][0] == "slower"
        differences = [difference for difference in differences if difference[0] != "slower"]
    assert differences[0] == (kind, element)
    if folds:
        told = cardlib.compare(one, other)
        assert kinds(told)[0] == ("repeated", "9F36 Application transaction counter (ATC)")
        names_number = "9F37 Unpredictable number" in str(kinds(told))
        assert names_number == (attack == "attack_repeated_number")


def test_exactly_the_changed_byte_is_named() -> None:
    """The two sides of one run: 120 bytes of data elements changed by one bit, and that byte is told first."""
    rng, honest, rows = Random(7), cardlib.read(HONEST), rows_of(HONEST)
    found = [
        (e, side, node)
        for e in honest.exchanges
        for side, half in halves(e)
        for _, node in half.walk()
    ]
    elements = [item for item in found if item[2].tag and item[2].value and not item[2].children]
    for _ in range(120):
        exchange, side, node = rng.choice(elements)
        at = rng.randrange(node.body, node.stop)
        [(frame, place, _)] = locate(exchange, side, at, at + 1)
        row = next(
            n for n, r in enumerate(rows) if r.get("t") == frame.time_ns and r.get("kind") == "apdu"
        )
        data = bytearray(frame.data)
        data[place] ^= 1 << rng.randrange(8)
        tampered = altered(partial(put, row, data.hex()))
        spot = cardlib.compare(honest, tampered, everything=True).differences[0].in_b
        assert spot == Evidence(exchange.index, side, at, at + 1), node


def test_what_joins_frames_counts_where_nothing_may_differ() -> None:
    row = next(
        n for n, r in enumerate(rows_of(HONEST)) if str(r.get("data", "")).startswith("00C00000")
    )
    other = altered(partial(put, row, "00C0000001"))
    assert not cardlib.compare(HONEST, other)
    assert kinds(cardlib.compare(HONEST, other, everything=True)) == [
        ("changed", "bytes that are no data element")
    ]


def put(row: int, data: str, rows: list[Row]) -> None:
    rows[row]["data"] = data


def test_equal_captures_do_not_differ() -> None:
    one = cardlib.read(HONEST)
    found = cardlib.compare(one, one)
    assert (
        not found
        and found.matched == 15
        and "no difference" in " ".join(str(found).split())
        and list(found) == []
    )
    for other in (
        "contact_purchase.hex.txt",
        "contact_purchase.pcscd.log",
        "contact_purchase.pyscard.txt",
    ):
        assert not cardlib.compare(HONEST, TRACES / other), other
    assert "not answerable with these clocks (modelled and none)" in str(
        cardlib.compare(HONEST, TRACES / "contact_purchase.hex.txt")
    )


def test_missing_and_added() -> None:
    base = [
        *SELECTED,
        *read_record(1, tlv("70", tlv("5A", PAN) + tlv("5F34", "01"))),
        *read_record(2, "7000"),
    ]
    one, other = (
        capture(*base),
        capture(
            *SELECTED, *read_record(1, tlv("70", tlv("5A", PAN))), "80CA9F1700", "9F170103" + "9000"
        ),
    )
    found = cardlib.compare(one, other)
    assert [(d.kind, d.element) for d in found] == [
        ("missing", "5F34 Application PAN sequence number (PSN)"),
        ("added", ""),
        ("missing", ""),
    ]
    assert [d.where for d in found] == [
        "1 READ RECORD record 1, SFI 1",
        "2 GET DATA 9F17 PIN try counter",
        "2 READ RECORD record 2, SFI 1",
    ]
    assert kinds(cardlib.compare(capture(*base), capture(*base[:-1]))) == [("missing", "response")]
    assert kinds(cardlib.compare(capture(*base[:-1]), capture(*base))) == [("added", "response")]


def test_alignment_is_by_meaning_not_by_line() -> None:
    first, second = read_record(1, "7000"), read_record(2, "70035F3401"[:4] + "9000"[:0])
    again = cardlib.compare(
        capture(*SELECTED, *first, *second), capture(*SELECTED, *second, *first)
    )
    assert not again and again.matched == 3
    verify = ("0020008008241234FFFFFFFFFF", "63C2")
    found = cardlib.compare(
        capture(*SELECTED, *first), capture(*SELECTED, *verify, *verify, *first)
    )
    assert kinds(found) == [("added", ""), ("added", "")] and found.matched == 2
    other_card = [line.replace("A0000000031010", "A0000000041010") for line in SELECTED]
    cards = cardlib.compare(capture(*SELECTED, *first), capture(*other_card, *first))
    assert cards.matched == 2 and {kind for kind, _ in kinds(cards)} == {"changed"}


def test_bytes_that_are_no_data_element_are_told() -> None:
    one, other = (
        capture("00B2010C00", "70035F340190009000"[:10] + "9000"),
        capture("00B2010C00", "7081035F34019000"[:14] + "9000"),
    )
    found = cardlib.compare(one, other)
    assert found and all(d.kind in ("changed", "missing", "added") for d in found)


def delayed(ns: int, indexes: range | list[int]) -> Capture:
    """The purchase, the answers of some exchanges later by so much, and all that follows."""

    def change(rows: list[Row]) -> None:
        shift, count = 0, -1
        for row in rows:
            if row.get("from") == "reader" and not str(row["data"]).startswith("00C0"):
                count += 1
                shift += ns if count in indexes else 0
            if row.get("from") == "card" and isinstance(row.get("t"), int):
                row["t"] = int(str(row["t"])) + shift
            elif isinstance(row.get("t"), int):
                row["t"] = (
                    int(str(row["t"]))
                    + shift
                    - (ns if count in indexes and not str(row["data"]).startswith("00C0") else 0)
                )

    return altered(change)


def test_a_delay_of_5_ms_in_one_answer_is_slower() -> None:
    honest = cardlib.read(HONEST)
    for frame in (0, 3, 20):
        found = cardlib.compare(honest, delayed(5_000_000, [frame]))
        assert [one.kind for one in found] == ["slower"], frame
    assert not cardlib.compare(honest, delayed(0, [3]))


def test_no_secret_comes_out_and_reveal_shows_it() -> None:
    for what, answer in DATA.items():
        if what.startswith(UNEXPLAINED):
            continue
        one, empty = capture(*SELECTED, *read_record(1, answer)), capture(*SELECTED)
        other = capture(*SELECTED, *read_record(1, tlv("70", tlv("DF7F", "00"))))
        for pair in ((one, other), (other, one), (one, empty), (empty, one)):
            found = cardlib.compare(*pair)
            shown = f"{found} {found._repr_html_()} {found!r} {cardlib.differences(found).to_csv()}"
            assert found_in(shown, forms()) == [], what
    secret = capture(*SELECTED, *read_record(1, tlv("70", tlv("5F20", text(NAME)))))
    plain = capture(*SELECTED, *read_record(1, tlv("70", tlv("5F20", text("A/B")))))
    assert NAME in str(cardlib.compare(secret, plain, reveal=True)) and NAME not in str(
        cardlib.compare(secret, plain)
    )


def test_hostile_text_is_escaped() -> None:
    evil = text("<script>$x$\x1b[31m=1+1\n")
    one = capture(*SELECTED, *read_record(1, tlv("70", tlv("50", evil))))
    found = cardlib.compare(
        one, capture(*SELECTED, *read_record(1, tlv("70", tlv("50", text("A")))))
    )
    assert (
        "\x1b" not in str(found)
        and "<script" not in found._repr_html_()
        and "\n" not in "".join(list(found.rows())[1:])
    )


def test_table() -> None:
    found = cardlib.compare(HONEST, altered(swap("410342031E031F03", "1E0342031E031F03")))
    table = cardlib.differences(found)
    assert (
        list(table.columns[:5]) == ["kind", "where", "element", "first", "second"]
        and len(table) == 1
    )
    row = table.iloc[0]
    assert (row["first_exchange"], row["first_side"], row["first_start"]) == (
        4,
        "response",
        row["second_start"],
    )
    assert str(table.dtypes["first_start"]) == "Int64" and len(cardlib.differences([])) == 0


def test_command_line(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "b.card.jsonl"
    other.write_text(
        HONEST.read_text("utf-8").replace("410342031E031F03", "1E0342031E031F03"), "utf-8"
    )
    code, out, _ = run("compare", str(HONEST), str(other))
    assert code == 1 and "changed  4 READ RECORD record 1, SFI 2: 8E" in out
    assert run("compare", str(HONEST), str(HONEST))[0] == 0
    assert run("compare", str(HONEST), str(TRACES / "recorded_purchase.card.jsonl"), "--all")[
        0
    ] in (0, 1)
    code, _, err = run("compare", str(HONEST))
    assert code == 2 and err.count("\n") == 1


@given(st.lists(st.binary(max_size=40), max_size=8), st.lists(st.binary(max_size=40), max_size=8))
def test_any_two_captures_can_be_compared(a: list[bytes], b: list[bytes]) -> None:
    one, other = (capture(*SELECTED, *(half.hex() for half in halves)) for halves in (a, b))
    found = cardlib.compare(one, other)
    assert bool(found) == bool(found.differences) and str(found) and found._repr_html_()
    assert not cardlib.compare(one, one)
