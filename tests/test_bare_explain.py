# SPDX-License-Identifier: MIT
"""Bare strings: what each is taken for, how sure that is, what is printed and what is hidden; hostile ones too."""

from __future__ import annotations

import html
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import cardlib
from cardlib.bare import Explanation, explain, explain_if_sure
from cardlib.bare.model import WORDS
from cardlib.bare.paste import MAX_TEXT
from cardlib.core.errors import CaptureError
from cardlib.show.text import text as as_text

FILE = Path(__file__).parent / "bare_strings.toml"
STRINGS: list[dict[str, Any]] = tomllib.loads(FILE.read_text("utf-8"))["string"]
SECRETS = [row for row in STRINGS if "hidden" in row]


def squeezed(text: str) -> str:
    """Without blanks, in which lines are folded."""
    return re.sub(r"\s+", "", text).lower()


def printed(explanation: Explanation) -> str:
    return squeezed(str(explanation))


def on_a_page(explanation: Explanation) -> str:
    """The text of the page, without its elements."""
    return squeezed(html.unescape(re.sub(r"<[^>]*>", "", explanation._repr_html_())))


@pytest.mark.parametrize("row", STRINGS, ids=[row["text"][:32] for row in STRINGS])
def test_a_string_is_read_as_a_specialist_reads_it(row: dict[str, Any]) -> None:
    explanation = cardlib.explain(row["text"], aid=row.get("aid", ""))
    kinds = [reading.kind for reading in explanation.readings]
    expected = row["kind"].split()
    if expected == ["nothing"]:
        assert not explanation.fits
    elif expected[0] == "either":
        assert sorted(kinds) == expected[1:]
    else:
        assert kinds == expected
    if "how" in row:
        assert WORDS[explanation.readings[0].strength] == row["how"]
    for text in (printed(explanation), on_a_page(explanation)):
        assert [needle for needle in row.get("shown", ()) if squeezed(needle) not in text] == []


@pytest.mark.parametrize("row", SECRETS, ids=[row["text"][:32] for row in SECRETS])
def test_secrets_are_hidden_in_text_and_html(row: dict[str, Any]) -> None:
    explanation = explain(row["text"], aid=row.get("aid", ""))
    for text in (printed(explanation), on_a_page(explanation), squeezed(repr(explanation))):
        assert [needle for needle in row["hidden"] if squeezed(needle) in text] == []


def test_there_are_enough_strings() -> None:
    assert len(STRINGS) >= 80
    assert len({row["text"] for row in STRINGS}) >= 80


def test_what_was_asked_for_decides() -> None:
    (reading,) = explain("8000008000", "TVR").readings
    assert (reading.kind, reading.nodes[0].name) == ("95", "Terminal verification results (TVR)")
    assert explain("9F26", "sw").kind == "sw"
    assert explain("E800", "9B").readings[0].nodes[0].text.startswith("offline data authentication")
    assert explain("03A4A002", "CVR", "A0000000031010").readings[0].title.endswith("kernel 3")


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("8000", "TVR", "has 5 bytes, 2 here"),
        ("9F2701", "atr", "begins with 3B or 3F, this with 9F"),
        ("6A8", "sw", "half a byte"),
        ("1234", "sw", "begins with 61 to 6F or 9X, this with 12"),
        ("hello", "tlv", "not hex"),
        ("9F02", "dol", "cut off"),
        ("A000", "aid", "5 to 16 bytes, 2 here"),
        ("L898902C36", "mrz", "a < among them"),
        ("4111111111111111", "track2", "separator"),
        ("0102", "qr", "begins neither"),
        ("9F3602", "ctlv", "COMPREHENSION-TLV"),
        ("3003020101", "cert", "sequence"),
        ("00", "apdu", "no command"),
        ("8000", "nonsense", "no tag, no name"),
    ],
)
def test_a_wrong_kind_is_refused_in_one_line(text: str, kind: str, reason: str) -> None:
    with pytest.raises(CaptureError) as fault:
        explain(text, kind)
    assert reason in fault.value.reason and "\n" not in fault.value.reason


HOSTILE = [
    "",
    " \n\t",
    "\0" * 50,
    "9F" * 40,
    "30" * 70_000,
    "7F218400000000",
    "ff" * 20,
    "00" * 20,
    "9F3684FFFFFFFF" + "00" * 10,
    "D0820000",
    "%B" + "4" * 30 + "^",
    ";" + "4" * 400 + "=" + "1" * 400,
    "0002" + "9" * 300,
    "000201" + "26990010" * 30,
    "P<" + "<" * 86,
    "<" * 88,
    "{" * 2000,
    "[" * 2000 + "]" * 2000,
    '{"9F27": {"a": [[[[[[[[[["80"]]]]]]]]]]}}',
    "9F27:" * 500,
    "95=" + "80" * 3000,
    "A" * 5000,
    "3B" + "F" * 200,
    "-----BEGIN CERTIFICATE-----\n" + "A" * 3000 + "\n-----END",
    "MII" + "A" * 4001,
    "\udc80\udcff 9F36020001",
    "\u202e9F36020001\x1b[2J",
    "1,2,3,4,999999999999999999",
    "\\x\\x\\x0x0x0x",
    "(((((((((((9F36:",
]


@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(text[:16]) for text in HOSTILE])
def test_hostile_strings_are_explained_or_refused(text: str) -> None:
    explanation = explain(text)
    assert explanation.fits or explanation.tried
    shown = str(explanation) + explanation._repr_html_()
    assert not re.search(r"[\x00-\x08\x1b\u202e\udc80-\udcff]", shown)


@pytest.mark.parametrize(
    "unit",
    [
        "9F36020001",
        "9F02",
        "5A",
        "9F27: 80\n",
        "A ",
        "<",
        "0x9F, ",
        "4",
        "000201",
        "%B4^",
        "D0",
        "30",
        "(",
        "a=b;",
        "MIIB",
    ],
)
def test_long_texts_are_bounded(unit: str) -> None:
    text = unit * (MAX_TEXT // 8 // len(unit))
    explanation = explain(text)
    assert len(str(explanation)) < 500_000
    assert len(explanation._repr_html_()) < 2_000_000


def test_a_megabyte_is_the_most() -> None:
    assert "characters are too many" in str(explain("9F36020001" * (MAX_TEXT // 8)))
    assert explain_if_sure("9F36020001" * 10_000) is None


def test_several_strings_are_explained_one_by_one() -> None:
    explanation = explain("3B6800000073C84012009000\n\n9F36020A3B9F270140")
    assert [part.kind for part in explanation.parts] == ["atr", "tlv"]
    assert "string 2 of 2" in str(explanation)


def test_a_short_dialogue_behind_an_atr_is_no_atr() -> None:
    dialogue = "ATR: 3B04A2131091\n> FFA400000106\n< 9000\n"
    assert explain_if_sure(dialogue) is None
    assert explain_if_sure("ATR: 3B04A2131091\n") is not None


def test_a_dialogue_is_no_bare_string() -> None:
    for text in (
        "00A4040007A000000003101000\n6F1A8407A0000000031010A50F500A564953412043415244870101"
        + "9000",
        "> 00A4040007A0000000031010\n< 6A82",
        "00B2010C00",
        "94 B2 01 A4 1D | 08 01 02 03 90 00",
        "9000",
        "9F26",
        "8000008000",
        "hello",
        "",
        "Reader 0\nATR: 3B6800000073C84012009000\n> 00A40000023F00\n< 9000",
        "9F360200079F26084A5B6C",
    ):
        assert explain_if_sure(text) is None, text


def test_a_bare_string_is_one() -> None:
    for text, kind in (
        ("3B6800000073C84012009000\n", "atr"),
        ("9F36020A3B9F270140", "tlv"),
        ("5A084111111111111111", "tlv"),
        ("95=0x8000040000", "tags"),
    ):
        explanation = explain_if_sure(text)
        assert explanation is not None and explanation.kind == kind


def test_revealed_only_when_asked() -> None:
    explanation = explain("5A084111111111111111")
    assert "4111111111111111" not in str(explanation)
    assert "4111111111111111" in as_text(explanation, True)
