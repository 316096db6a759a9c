# SPDX-License-Identifier: MIT
"""Each field format by facts: bytes that do not fit first, then texts, and the bytes that a text gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core.layout import compile_layout, values
from cardlib.core.layout.formats import FORMATS, format_named
from cardlib.core.layout.reading import Reading

CURRENCY = {
    ("currencies", "156"): "CNY",
    ("countries", "156"): "China",
    ("languages", "en"): "English",
}


def lookup(table: str, key: str) -> str | None:
    return CURRENCY.get((table, key))


def reading(name: str) -> Reading:
    word, _, argument = name.partition(":")
    return Reading(format_named(word, argument))


# format, bytes, what is wrong with them
MALFORMED = [
    ("int", "000000000000000001", "not a number of up to 8 bytes"),
    ("bcd", "1A", "not decimal digits"),
    ("bcdint", "1A", "not a number of up to 8 bytes"),
    ("bcd0", "1A", "not decimal digits"),
    ("cn", "1F2F", "not decimal digits"),
    ("semi", "F1FA", "not decimal digits"),
    ("digits", "F1F2", "not digits filled up with F"),
    ("bool", "02", "not yes or no"),
    ("amount", "1A", "not an amount"),
    ("track2", "4761", "not track 2 data"),
    ("imsi", "FA", "not an IMSI"),
    ("plmn", "6AF210", "not a network"),
    ("plmn", "62F2", "not a network"),
    ("bcd5", "00", "not digits with odd parity"),
    ("ascii", "C3A4", "not text in ASCII"),
    ("utf8", "C3", "not text in UTF-8"),
    ("gbk", "81", "not text in GBK"),
    ("ucs2", "D800", "not text in UCS-2"),
    ("ucs2", "4F6041", "not text in UCS-2"),
    ("gsm7", "9B00", "not text of 7-bit characters"),
    ("alpha", "41FF42", "not an alpha identifier"),
    ("alpha", "8201D80080", "not an alpha identifier"),
    ("alpha", "810241", "not an alpha identifier"),
    ("alpha", "81020941", "not an alpha identifier"),
    ("mrz", "C3", "not characters of a machine-readable zone"),
    ("ip", "7F0000", "not an IP address"),
    ("oid", "2A86", "not an object identifier"),
    ("date", "20240230", "not a date"),
    ("date", "2402", "not a date"),
    ("date", "3230323430323330", "not a date"),
    ("yymm", "2413", "not a month"),
    ("yddd", "4367", "not a day of a year"),
    ("time", "2460", "not a time"),
    ("datetime", "20240101240000", "not a date and time"),
    ("sdatetime", "428110000000", "not a date and time"),
    ("zone", "A0", "not a time zone"),
    ("scts", "421010304050A0", "not a time stamp"),
    ("unix", "FFFFFFFFFFFFFF00", "not a time"),
    ("days:1997-01-01", "FFFFFFFFFE", "not a date"),
    ("minutes", "05A0", "not a time of day"),
    ("dosdate", "0000", "not a date"),
    ("udate", "01000A090300", "not a date"),
    ("dostime", "FFFE", "not a time"),
]

# format, bytes, text; the text gives the bytes back unless the last says no
TEXTS = [
    ("hex", "0AFF", "0AFF", True),
    ("b", "0AFF", "0AFF", True),
    ("nibbles", "4761", "4761", True),
    ("xel", "0AFF", "FF0A", True),
    ("none", "0AFF", "", False),
    ("int", "0100", "256", True),
    ("le", "0100", "1", True),
    ("signed", "FF38", "-200", True),
    ("les", "38FF", "-200", True),
    ("bcdint", "0123", "123", True),
    ("bool", "01", "yes", True),
    ("version", "0203", "2.3", True),
    ("money", "000004D2", "12.34", True),
    ("money", "00000005", "0.05", True),
    ("money:0", "000004D2", "1234", True),
    ("money:CNY", "000004D2", "12.34 CNY", True),
    ("money:JPY", "000004D2", "1234 JPY", True),
    ("money:KWD", "000004D2", "1.234 KWD", True),
    ("moneyle", "D2040000", "12.34", True),
    ("smoney", "FFFFE2", "-0.30", True),
    ("bcdmoney:EUR", "000000001234", "12.34 EUR", True),
    ("amount", "000000001000", "1000 minor units", True),
    ("bcd", "0123", "0123", True),
    ("n", "0123", "0123", True),
    ("bcd0", "00123456", "123456", True),
    ("cn", "123F", "123", True),
    ("semi", "21F3", "123", True),
    ("digits", "21F3", "123", True),
    ("digits", "A1FB", "1*#", True),
    ("swap", "21F3", "123F", True),
    (
        "track2",
        "4761739001010119D22122011143804400000F",
        "4761739001010119 expires 2022-12 service 201 data 1143804400000",
        False,
    ),
    ("imsi", "0910100000001020", "001010000000102", True),
    ("plmn", "62F210", "262-01", True),
    ("plmn", "130014", "310-410", True),
    ("plmn", "FFFFFF", "none", True),
    ("latin1", "4D75E4", "Muä", True),
    ("latin1:20", "41422020", "AB", True),
    ("latin1:FF", "4142FFFF", "AB", True),
    ("text", "41", "A", True),
    ("an", "41", "A", True),
    ("ascii", "6465FFFF", "de", True),
    ("utf8", "C3A4FF", "ä", True),
    ("gbk", "B1B1BEA90000", "北京", True),
    ("ucs2", "4F60597DFFFF", "你好", True),
    ("gsm7", "E8329BFD4697D9EC37", "hellohello", True),
    ("gsm7", "50797A5CD6816A9B3268C37BAF373E", "Price: 5€ [ok]", True),
    ("alpha", "0048616C6C6FFFFF", "@Hallo", True),
    ("alpha", "804F60597DFFFFFF", "你好", True),
    ("alpha", "8108006D61686C7A656974", "mahlzeit", False),
    ("alpha", "82030400419091FF", "AАБ", False),
    ("mrz", "4C3839383C3C", "L898", True),
    ("mrz", "413C42", "A B", True),
    ("mrzname", "4552494B53534F4E3C3C414E4E413C4D41524941", "ERIKSSON, ANNA MARIA", True),
    ("ip", "7F000001", "127.0.0.1", True),
    ("ip", "20010DB8000000000000000000000001", "2001:db8::1", True),
    ("oid", "2A864886FC6B01", "1.2.840.114283.1", True),
    ("date", "240102", "2024-01-02", True),
    ("date", "991231", "1999-12-31", True),
    ("date", "20240102", "2024-01-02", True),
    ("date", "3230323430313032", "2024-01-02", True),
    ("yymm", "2212", "2022-12", True),
    ("yddd", "4176", "year ...4, day 176", True),
    ("time", "030405", "03:04:05", True),
    ("time", "0304", "03:04:00", True),
    ("datetime", "20240102030405", "2024-01-02 03:04:05", True),
    ("datetime", "240102030405", "2024-01-02 03:04:05", True),
    ("sdatetime", "421020304050", "2024-01-02 03:04:05", True),
    ("zone", "80", "+02:00", True),
    ("zone", "0A", "-05:00", True),
    ("scts", "42102030405080", "2024-01-02 03:04:05 +02:00", True),
    ("vp", "A7", "1440 minutes", True),
    ("vp", "00", "5 minutes", True),
    ("unix", "659380D5", "2024-01-02 03:19:49", True),
    ("unix:1900-01-01", "DE440000", "2018-03-02 16:53:20", True),
    ("unixle", "0FCD6E52", "2013-10-28 20:46:07", True),
    ("days:1995-01-01", "1C89", "2015-01-01", True),
    ("daysle:1997-01-01", "0100", "1997-01-02", True),
    ("minutes", "0168", "06:00", True),
    ("dosdate", "5822", "2024-01-02", True),
    ("udate", "010000090300", "2010-09-30", True),
    ("dostime", "1882", "03:04:04", True),
]


@pytest.mark.parametrize(("name", "value", "fault"), MALFORMED)
def test_bytes_that_do_not_fit(name: str, value: str, fault: str) -> None:
    raw = bytes.fromhex(value)
    assert reading(name).fault(raw) == fault
    assert reading(name)(raw) == value  # shown as they are


@pytest.mark.parametrize(("name", "value", "text", "back"), TEXTS)
def test_text_of_a_value(name: str, value: str, text: str, back: bool) -> None:
    raw = bytes.fromhex(value)
    assert reading(name)(raw) == text
    assert reading(name).fault(raw) == ""
    if back:
        assert reading(name).write(text, len(raw)) == raw


def test_every_format_has_a_fact() -> None:
    tried = {name.partition(":")[0] for name, *_ in TEXTS}
    assert set(FORMATS) - tried == {"a", "ans", "bcd5"}  # two as "an", one only in bit fields


@pytest.mark.parametrize("fill", ["FF", "FFFFFF", "FFFFFFFFFFFFFFFF"])
def test_what_is_not_set_is_no_fault(fill: str) -> None:
    for name in FORMATS:
        if name not in ("days", "daysle", "unix", "unixle"):
            assert Reading(format_named(name)).fault(bytes.fromhex(fill)) == ""


@pytest.mark.parametrize("name", sorted(FORMATS))
@given(value=st.binary(max_size=24), spare=st.integers(0, 7))
def test_any_bytes_have_a_text_that_gives_them_back_or_keeps_them(
    name: str, value: bytes, spare: int
) -> None:
    text = Reading(format_named(name), spare)(value)
    assert isinstance(text, str)
    assert text.encode("utf-8").decode("utf-8") == text  # no half of a pair
    layout = compile_layout(
        f"first  1  {name}\nrest  ..  {name}" if name not in _TWO_BYTES else f"rest  ..  {name}"
    )
    assert layout.build(values(layout.parse(value))) == value


# Dates and times of a size of their own
DATES = (
    "date",
    "yymm",
    "yddd",
    "time",
    "datetime",
    "sdatetime",
    "scts",
    "dosdate",
    "udate",
    "dostime",
)
_TWO_BYTES = (*DATES, "plmn", "ip")

NAMED = [
    ("kind  1  {00 plain, 01 gzip}", "01", "gzip"),
    ("kind  1  {00 plain, 01 gzip}", "07", "07 (unknown value)"),
    ("kind  1  int  {00 none}", "00", "none"),
    ("kind  1  int  {00 none}", "07", "7"),
    ("kind  2  {0001 yes, 0000 no}", "0001", "yes"),
    ("state  1  flags  {8 valid, 1 disabled}", "81", "valid; disabled"),
    ("state  1  flags  {8 valid, 1 disabled}", "91", "valid; disabled (not named: 10)"),
    ("state  1  flags  {8 valid, 1 disabled}", "00", "none set"),
    ("state  2  flags  {2.1 ciphering}", "0001", "ciphering"),
    ("service  2  flags  {1 phone book, 10 dialling}", "0102", "phone book; dialling"),
    ("present  1  notflags  {1 destination, 5 validity}", "EF", "validity"),
    ("present  1  notflags  {1 destination, 5 validity}", "FF", "none"),
    ("country  2  @countries", "0156", "China"),
    ("country  2  @countries", "0999", "999 (unknown value)"),
    ("currency  2  @currencies", "0156", "CNY"),
    ("languages  ..  @languages", "656E6465", "English, de (unknown value)"),
]


@pytest.mark.parametrize(("line", "value", "text"), NAMED)
def test_values_and_bits_with_names(line: str, value: str, text: str) -> None:
    layout = compile_layout(line, lookup=lookup)
    (node,) = layout.parse(bytes.fromhex(value))
    assert (node.text, node.error) == (text, "")
    assert layout.build(values((node,))).hex().upper() == value


def test_the_count_of_packed_characters_reaches_the_format() -> None:
    """Seven characters or eight cannot be told from seven bytes (3GPP TS 23.038, 6.1.2.1)."""
    layout = compile_layout("count  1  int\ntext  =count septets  gsm7")
    assert layout.parse(bytes.fromhex("0731D98C56B3DD00"))[1].text == "1234567"
    assert layout.parse(bytes.fromhex("0831D98C56B3DD70"))[1].text == "12345678"
