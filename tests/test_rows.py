# SPDX-License-Identifier: MIT
"""Every shipped row keeps the rules, reads any bytes, and codes agree with other lists of them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from cardlib.core.addresses import Address
from cardlib.core.codec import is_constructed
from cardlib.core.dictionary import Row, check, examples, load, shipped
from cardlib.core.facts import facts
from cardlib.core.registers import lookup, register
from cardlib.core.values import compile_row, sizes

DATA = (
    "object",
    "file",
    "answer",
)  # rows about a value; those of commands are about the instruction too
READ = ("bits", "values", "layout", "objects")


@pytest.mark.parametrize("name", shipped())
def test_the_rows_of_a_file_keep_the_rules(name: str) -> None:
    assert [
        f"{address.place}: {fault}"
        for address, row in load(name).of_kind(*DATA)
        for fault in faults(address, row)
    ] == []


def faults(address: Address, row: Row) -> Iterator[str]:
    """The rules that a row breaks."""
    if not row["ref"]:
        yield "it has no source"
    if row["checked"] not in ("spec", "vector", "seen", "memory"):
        yield f"checked is {row['checked']}"
    if address.kind == "object" and reads_more_than_hex(row):
        if not is_template(address, row) and not examples(row):
            yield "a row that reads its value needs an example"
    bits = row.get("bits", [])
    if len({(place, span, value) for place, span, value, _ in bits}) != len(bits):
        yield "a bit has two meanings"
    if not all(0 < place <= longest(row.get("length", "var")) for place, *_ in bits):
        yield "a bit stands outside the value"


BROKEN = [
    ({"ref": ""}, "it has no source"),
    ({"checked": "guess"}, "checked is guess"),
    ({"format": "n"}, "a row that reads its value needs an example"),
    ({"bits": [[1, 8, 1, "a"], [1, 8, 1, "b"]]}, "a bit has two meanings"),
    ({"bits": [[3, 8, 1, "a"]], "example": "00"}, "a bit stands outside the value"),
]


@pytest.mark.parametrize(("change", "fault"), BROKEN, ids=[fault for _, fault in BROKEN])
def test_a_row_that_breaks_a_rule_is_seen(change: Row, fault: str) -> None:
    (address,) = [
        address for address, _ in load("emv").of_kind("object") if address.place == "9F36"
    ]
    sound: Row = {"ref": "EMV", "checked": "spec", "format": "b", "length": 2}
    assert list(faults(address, sound)) == []
    assert fault in list(faults(address, sound | change))


def is_template(address: Address, row: Row) -> bool:
    return is_constructed(address.place.rpartition("/")[2]) or row.get("opens") == "template"


def reads_more_than_hex(row: Row) -> bool:
    return row.get("format", "b") not in ("b", "hex", "none") or any(key in row for key in READ)


def longest(length: str | int) -> int:
    return max((high for _, high in sizes(length)), default=255)


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_file_keeps_the_rules_and_its_examples_read_as_they_say(name: str) -> None:
    assert load(name).title != name
    check(load(name))


def status_rows() -> Iterator[tuple[str, Row]]:
    """The status words of any card, and those of the applications."""
    for key, row in register("status").items():
        if key != "meta":
            yield key, row
    for name in shipped():
        for address, row in load(name).of_kind("status"):
            if not address.place.startswith("native "):
                yield address.place, row


def test_rows_of_status_words() -> None:
    rows = list(status_rows())
    assert len(rows) > 100
    for key, row in rows:
        assert re.fullmatch(r"[69][0-9A-F]{3}|[69][0-9A-F]{2}X|[69][0-9A-F]XX", key)
        assert row["text"]
        assert set(row) <= {"text", "advice", "ref", "checked", "in", "refuses"}
        assert all(
            re.fullmatch(r"[0-9A-F]{2}( [0-9A-F]{2})*", codes) for codes in row.get("in", {})
        )


def test_no_status_word_is_shown_with_a_place_for_a_number() -> None:
    for names in ((), *[("iso7816", name) for name in shipped()]):
        for sw in (*range(0x6000, 0x7000), *range(0x9000, 0xA000)):
            assert "{" not in facts(*names).status(sw)[0]


def test_rows_of_applications() -> None:
    for key, row in register("aids").items():
        if key == "meta":
            continue
        assert re.fullmatch(r"([0-9A-F]{2}){4,16}", key)
        assert row["name"]
        assert set(row) <= {"name", "checked", "ref", "numbers"}


def test_codes_of_iso() -> None:
    assert (lookup("countries", "756"), lookup("currencies", "978"), lookup("languages", "en")) == (
        "Switzerland",
        "EUR",
        "English",
    )
    assert lookup("countries", "000") is lookup("planets", "1") is None


OUR_COUNTRIES = {
    "092": "British Virgin Islands",
    "096": "Brunei",
    "166": "Cocos Islands",
    "178": "Congo (Brazzaville)",
    "180": "Congo (Kinshasa)",
    "238": "Falkland Islands",
    "239": "South Georgia and South Sandwich Islands",
    "275": "Palestine",
    "336": "Vatican City",
    "535": "Caribbean Netherlands",
    "581": "US Minor Outlying Islands",
    "583": "Micronesia",
    "643": "Russia",
    "654": "Saint Helena",
    "792": "Turkey",
    "850": "US Virgin Islands",
}
OUR_LANGUAGES = {"el": "Greek", "oc": "Occitan", "or": "Odia", "to": "Tongan"}
WITHDRAWN = """
ATS BEF BGL BGN BYR CSD CUC CYP DEM EEK ESP FIM FRF GHC GRD HRK IEP ITL LTL LVL MRO MTL NLG PLZ PTE ROL RUR SDD SIT SKK
SLL STD TRL VEB VEF ZMK ZWL
"""


def test_countries_are_those_of_pycountry_but_for_some_shorter_names() -> None:
    pycountry = pytest.importorskip("pycountry", reason="pycountry not installed")
    theirs = {c.numeric: {c.name, getattr(c, "common_name", c.name)} for c in pycountry.countries}
    ours = register("iso_codes")["countries"]
    assert ours.keys() == theirs.keys()
    assert {code: name for code, name in ours.items() if name not in theirs[code]} == OUR_COUNTRIES


def test_currencies_are_those_of_pycountry_and_withdrawn_ones() -> None:
    pycountry = pytest.importorskip("pycountry", reason="pycountry not installed")
    theirs = {c.numeric: c.alpha_3 for c in pycountry.currencies}
    ours = register("iso_codes")["currencies"]
    assert theirs.items() <= ours.items()
    assert {name for code, name in ours.items() if code not in theirs} == set(WITHDRAWN.split())


def test_languages_are_those_of_pycountry_without_remarks() -> None:
    pycountry = pytest.importorskip("pycountry", reason="pycountry not installed")
    named = {
        c.alpha_2: c.name.partition(" (")[0] for c in pycountry.languages if hasattr(c, "alpha_2")
    }
    assert register("iso_codes")["languages"] == named | OUR_LANGUAGES


def odd_values(row: dict[str, Any]) -> Iterator[bytes]:
    """Values of lengths that fit the row and that do not: of zeros, of ones, of letters, of anything."""
    fits = sizes(row.get("length", "var"))
    least, most = min((low for low, _ in fits), default=0), longest(row.get("length", "var"))
    chance = random.Random(repr(row))
    for size in {0, 1, least - 1, least, least + 1, most, most + 1, 300} - {-1}:
        yield from (
            bytes(size),
            b"\xff" * size,
            b"A" * size,
            chance.randbytes(size),
            chance.randbytes(size),
        )


@pytest.mark.parametrize("name", shipped())
def test_what_does_not_fit_a_row_has_a_text_and_a_remark(name: str) -> None:
    """Wrong lengths, ranges, dates, currencies, counts: the value as it is, and what it is not."""
    dictionary = load(name)
    for address, row in dictionary.of_kind(*DATA):
        tag = address.place if address.kind == "object" else ""
        fact = compile_row(tag, row, lookup, dictionary.resources)
        fits = sizes(row.get("length", "var"))
        for value in odd_values(row):
            text = fact.describe(value)
            if (
                fits
                and fact.opens in ("none", "parts")
                and not any(a <= len(value) <= b for a, b in fits)
            ):
                assert f"(length {len(value)}, expected " in text
            if fact.layout:
                nodes = fact.layout.parse(value)
                assert sum(node.stop - node.start for node in nodes) == len(value)
                assert all(isinstance(node.text, str) for node in nodes)


MISFITS = [
    ("9A", "231301", "231301 (not a date)"),
    ("5F24", "FFFFFF", "FFFFFF (not a date)"),
    ("9F21", "240000", "240000 (not a time)"),
    ("5F2A", "0998", "998 (unknown value)"),
    ("5F2A", "1978", "1978 (unknown value)"),
    ("5F2A", "978F", "978F (unknown value)"),
    ("9F1A", "08", "08 (unknown value) (length 1, expected 2)"),
    ("9F02", "00000000000A", "00000000000A (not an amount)"),
    ("9F02", "1000", "1000 minor units (length 2, expected 6)"),
    ("9F36", "00", "0 (length 1, expected 2)"),
    ("9F35", "FF", "FF (unknown value)"),
    ("5A", "12F4", "12F4 (not decimal digits)"),
    ("57", "FFFF", "FFFF (not track 2 data)"),
]


@pytest.mark.parametrize(("tag", "value", "text"), MISFITS)
def test_misfits_by_hand(tag: str, value: str, text: str) -> None:
    assert facts("iso7816", "emv").find(tag).describe(bytes.fromhex(value)) == text


@pytest.mark.parametrize("name", shipped())
def test_the_lines_of_layouts_and_lists_are_short(name: str) -> None:
    dictionary = load(name)
    texts = [*dictionary.resources.layouts.values()]
    texts += [
        row[key] for row in dictionary.rows.values() for key in ("layout", "objects") if key in row
    ]
    assert [line for text in texts for line in text.split("\n") if len(line) > 120] == []
