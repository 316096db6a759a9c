# SPDX-License-Identifier: MIT
"""ATR: damage first, then real ones, then what kind of card they announce."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core.atr import Atr, classify, describe_card, parse_atr

BAD = [
    ("nothing", "", ["TS is neither 3B nor 3F", "T0 is missing"]),
    ("TS only", "3B", ["T0 is missing"]),
    ("a wrong TS", "3C00", ["TS is neither 3B nor 3F"]),
    ("historical bytes missing", "3B0441", ["4 historical bytes announced, 1 here"]),
    ("interface bytes missing", "3BF011", ["TB1 is missing", "TC1 is missing", "TD1 is missing"]),
    ("TCK missing", "3B8001", ["TCK is missing"]),
    ("TCK wrong", "3B800180", ["TCK does not match"]),
    ("bytes behind", "3B0090", ["1 bytes more than announced"]),
    ("a TCK where only T=0 is named", "3B800080", ["1 bytes more than announced"]),
    ("an endless chain of TD", "3B80" + "80" * 4, ["TD5 is missing"]),
    (
        "34 bytes",
        "3B" + "00" * 33,
        ["34 bytes, at most 33 are allowed", "32 bytes more than announced"],
    ),
]


@pytest.mark.parametrize(("raw", "errors"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_damaged_atr(raw: str, errors: list[str]) -> None:
    assert list(parse_atr(bytes.fromhex(raw)).errors) == errors


def test_a_million_bytes_are_no_atr() -> None:
    atr = parse_atr(b"\x3b" + b"\xf1" * 1_000_000)
    assert atr.fields[-1][0] == "more bytes"
    assert len(atr.fields) == 34
    assert atr.errors[0] == "1000001 bytes, at most 33 are allowed"


GOOD = [
    # raw, protocols, Fi, Di, historical bytes
    ("3B00", (0,), 372, 1, ""),
    ("3B024142", (0,), 372, 1, "4142"),
    ("3F1096", (0,), 512, 32, ""),
    ("3B1070", (0,), None, None, ""),
    ("3B1010", (0,), 372, None, ""),
    ("3B6500002063CB6800", (0,), 372, 1, "2063CB6800"),
    ("3B8980018065A20101013D72D643", (0, 1), 372, 1, "8065A20101013D72D6"),
]


@pytest.mark.parametrize(("raw", "protocols", "fi", "di", "historical"), GOOD)
def test_parse_atr(
    raw: str, protocols: tuple[int, ...], fi: int | None, di: int | None, historical: str
) -> None:
    atr = parse_atr(bytes.fromhex(raw))
    assert (atr.protocols, atr.fi, atr.di, atr.historical.hex().upper()) == (
        protocols,
        fi,
        di,
        historical,
    )


def test_tck() -> None:
    assert parse_atr(bytes.fromhex("3B80018081")).errors == (
        "TCK does not match",
        "1 bytes more than announced",
    )
    assert parse_atr(bytes.fromhex("3B800181")).errors == ()
    assert parse_atr(bytes.fromhex("3B81014181")).errors == ("TCK does not match",)
    assert parse_atr(bytes.fromhex("3B810141C1")).errors == ()


KINDS = [
    ("none", None, "unknown", "unknown", "unknown card (no ATR)"),
    ("empty", "", "unknown", "unknown", "unknown card (no ATR)"),
    ("TS alone", "3B", "unknown", "unknown", "unknown card (T0 is missing)"),
    (
        "damaged",
        "3B0441",
        "unknown",
        "unknown",
        "unknown card (4 historical bytes announced, 1 here)",
    ),
    ("SLE4442", "A2131091", "contact", "memory", "contact memory card"),
    ("SLE4428", "92231091", "contact", "memory", "contact memory card"),
    ("a reader's ATR of it", "3B04A2131091", "contact", "memory", "contact memory card"),
    (
        "four bytes of T=0",
        "3B024142",
        "contact",
        "microprocessor",
        "contact microprocessor card, T=0",
    ),
    (
        "MIFARE Classic 1K",
        "3B8F8001804F0CA000000306030001000000006A",
        "contactless",
        "memory",
        "contactless memory card",
    ),
    (
        "from an ATS",
        "3B8980018065A20101013D72D643",
        "contactless",
        "microprocessor",
        "contactless microprocessor card, T=0 and T=1",
    ),
    (
        "TA1 of 80 is not TD1",
        "3B108001",
        "unknown",
        "unknown",
        "unknown card (1 bytes more than announced)",
    ),
    (
        "TA1 of 80 is not TD1, longer",
        "3B12800142",
        "contact",
        "microprocessor",
        "contact microprocessor card, T=0",
    ),
    (
        "T=15 is no protocol",
        "3B80800F0F",
        "contact",
        "microprocessor",
        "contact microprocessor card, T=0",
    ),
    (
        "T=15 alone",
        "3B800F8F",
        "contact",
        "microprocessor",
        "contact microprocessor card, no protocol named",
    ),
]


@pytest.mark.parametrize(
    ("raw", "interface", "chip", "text"), [row[1:] for row in KINDS], ids=[row[0] for row in KINDS]
)
def test_classify(raw: str | None, interface: str, chip: str, text: str) -> None:
    value = None if raw is None else bytes.fromhex(raw)
    kind = classify(value)
    assert (kind.interface, kind.chip) == (interface, chip)
    assert kind.why
    assert describe_card(value) == text


LIKE = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda head, tail: head + tail,
        st.sampled_from([b"\x3b", b"\x3f", b"\x3b\xff", b"\x05\x78"]),
        st.binary(),
    ),
)


@given(LIKE)
def test_any_bytes(raw: bytes) -> None:
    atr = parse_atr(raw)
    assert isinstance(atr, Atr) and b"".join(raw[a:b] for _, a, b in atr.fields) == raw
    assert classify(raw).why and describe_card(raw)
