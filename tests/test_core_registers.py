# SPDX-License-Identifier: MIT
"""Registers: status words of any card, names of AIDs, codes; what is in none of them is said to be unknown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core.errors import DictionaryError
from cardlib.core.registers import (
    aid_name,
    card_numbers,
    country_of_network,
    lookup,
    parse,
    register,
    status_of,
    status_text,
)


@pytest.mark.parametrize(
    ("sw", "ins", "text"),
    [
        (-1, None, "unknown status word"),
        (0x10000, None, "unknown status word"),
        (0x0000, None, "unknown status word"),
        (0x9000, None, "normal processing"),
        (0x6110, 0xA4, "16 bytes of answer wait"),
        (0x63C2, 0x20, "wrong; tries left: 2"),
        (0x63C2, 0xD6, "written after 2 retries"),
        (0x63C2, None, "counter is 2"),
        (0x6985, 0xA8, "conditions of use not satisfied: try another application"),
        (0x6A81, 0xA4, "function not supported: card blocked"),
        (0x6A83, 0xB2, "record not found"),
        (0x6283, 0xA4, "selected file or application deactivated"),
        (0x6C1F, None, "wrong Le, 31 bytes are right"),
        (0x9105, 0x10, "unknown status word"),  # an application must say it
        (0x9F22, 0xA4, "unknown status word"),
        (0x9402, 0xA4, "unknown status word"),
        (0x9862, 0x88, "unknown status word"),
        (0x6ABC, None, "wrong parameters P1-P2"),
    ],
)
def test_status_words(sw: int, ins: int | None, text: str) -> None:
    assert status_text(sw, ins)[0] == text


@given(st.integers(), st.none() | st.integers())
def test_a_status_word_always_has_a_text(sw: int, ins: int | None) -> None:
    assert status_text(sw, ins)[0]


def test_the_closest_row_of_a_status_word_wins() -> None:
    rows = {
        "63XX": {"text": "warning"},
        "63CX": {"text": "{n} left", "advice": "at {n}"},
        "63C0": {
            "text": "blocked",
            "in": {"20 21": ["none left", "ask for another"], "24": "shut"},
        },
    }
    assert status_of(rows, 0x63C0, 0x21) == ("none left", "ask for another")
    assert status_of(rows, 0x63C0, 0x24) == ("shut", "")
    assert status_of(rows, 0x63C0, None) == ("blocked", "")
    assert status_of(rows, 0x63CA, 0x20) == ("10 left", "at 10")
    assert status_of(rows, 0x6300, None) == ("warning", "")
    assert status_of(rows, 0x6400, None) is None
    assert status_of({}, 0x9000, None) is None
    assert status_of(rows, -1, None) is status_of(rows, 1 << 20, None) is None


@pytest.mark.parametrize(
    ("aid", "name"),
    [
        ("A0000000031010", "Visa credit or debit"),
        ("A00000000310109999", "Visa credit or debit"),
        ("A000000003FFFF", "Visa"),
        ("a0000000041010", "Mastercard credit or debit"),
        ("A000000333010102", "UnionPay credit"),
        ("A000000003000000", "Issuer security domain (Visa and GlobalPlatform 2.0 cards)"),
        ("A000000151000000", "GlobalPlatform issuer security domain"),
        ("A0000002471001", "Electronic travel document (ICAO)"),
        ("A0000000871002FF49FF0589", "USIM"),
        ("F0010203", ""),
        ("A", ""),
        ("", ""),
    ],
)
def test_names_of_applications(aid: str, name: str) -> None:
    assert aid_name(aid) == name


def test_how_card_numbers_of_a_scheme_begin() -> None:
    assert card_numbers("A0000000031010") == ("4",)
    assert card_numbers("A000000333010101") == ("6", "81", "4", "5")
    assert card_numbers("A0000005241010") == card_numbers("") == ()


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match="cannot be read"):
        parse(tmp_path / "none.toml")
    with pytest.raises(DictionaryError, match="cannot be read"):
        parse(tmp_path)
    for content in (b"\xff\xfe\x00", b"[a", b"a = " + b"[" * 5000):
        (tmp_path / "bad.toml").write_bytes(content)
        with pytest.raises(DictionaryError, match="not TOML"):
            parse(tmp_path / "bad.toml")


def test_line_ends_and_a_mark_of_byte_order_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "windows.toml").write_bytes(b"\xef\xbb\xbfa = '''x\r\ny'''\r\n")
    assert parse(tmp_path / "windows.toml") == {"a": "x\ny"}


def test_codes() -> None:
    assert lookup("countries", "756") == "Switzerland"
    assert lookup("currencies", "978") == "EUR"
    assert lookup("languages", "en") == "English"
    assert lookup("countries", "000") is lookup("planets", "1") is None
    assert register("aids") is register("aids")


def test_countries_of_networks() -> None:
    codes = ("262", "208", "310", "001", "901", "289", "340", "534", "000", "26", "")
    names = [country_of_network(code) for code in codes]
    assert names[:3] == ["Germany", "France", "United States"]
    assert names[3:5] == ["networks for tests", "no country: shared by networks"]
    assert names[5:] == [""] * 6
    listed = register("mobile_countries")["countries"]
    assert all(len(code) == 3 and code.isdecimal() for code in listed)
    assert list(listed) == sorted(listed)
