# SPDX-License-Identifier: MIT
"""A quoted line shows its words and nothing that may be a byte, a digit or a name beside bytes."""

from __future__ import annotations

import pytest

from cardlib.core.model import Problem
from cardlib.core.quoting import WIDTH, problem_text, quote_of, shown_line

PAN = "4761739001010119"
HIDDEN = {
    "hex": f"5A08{PAN}",
    "hex behind a mark": f"< 70 0A 5A 08 {' '.join(PAN[i : i + 2] for i in range(0, 16, 2))} 90 0",
    "hex with prefixes": ", ".join(f"0x{PAN[i : i + 2]}" for i in range(0, 16, 2)),
    "hex with colons": ":".join(PAN[i : i + 2] for i in range(0, 16, 2)),
    "escapes": "b'" + "".join(f"\\x{PAN[i : i + 2]}" for i in range(0, 16, 2)),
    "digits in groups": "PAN 4761 7390 0101 0119",
    "digits with hyphens": "PAN 4761-7390-0101-0119",
    "full-width digits": "PAN " + "".join(chr(0xFF10 + int(digit)) for digit in PAN),
    "decimal bytes": "[71, 97, 115, 144, 1, 1, 1, 25]",
    "base64": "data=NDc2MTczOTAwMTAxMDExOQ==",
    "behind a stamp": f"2026-01-02 12:00:00,123 DEBUG {PAN}",
    "bytes that stand like a time": "24:12:34:56 PIN 1234",
}


@pytest.mark.parametrize("what", HIDDEN)
def test_no_digit_of_a_secret_is_shown(what: str) -> None:
    assert not any(char.isdigit() for char in shown_line(HIDDEN[what]))


@pytest.mark.parametrize(
    "line",
    [
        "0010  5F 20 0D 56 41 4C 44 45 5A  _ .VALDEZ/EMMA",
        "5F200D56414C44455A VALDEZ/EMMA",
        "5F 20 0D 56 |VALDEZ/EMMA|",
        r"b'\x5f\x20\x0dVALDEZ/EMMA'",
        "5F 20 4C I N A  VALDEZ",
    ],
)
def test_no_name_beside_bytes_is_shown(line: str) -> None:
    shown = shown_line(line)
    assert "VALDEZ" not in shown and "EMMA" not in shown and "N" not in shown


SHOWN = {
    "it froze here": "it froze here",
    "#include <stdio.h>": "#include <stdio.h>",
    "Reader -> card: 90 0": "Reader -> card: ** *",
    "终端：5A08ZZ": "终端：******",
    "< 70 0C XX XX 90 00 // refused": "< ** ** XX XX ** **…",
    "12:00:01 sent SELECT": "**:**:** sent SELECT",
    "0x56, // V": "****, // *",
    "  > \x1b]0;owned\x07\u202e\0": r"> \x1B]*;owned\x07\u202E\x00",
    "caf\udce9": r"caf\uDCE9",
    "": "",
}


@pytest.mark.parametrize("line", SHOWN)
def test_words_stay(line: str) -> None:
    assert shown_line(line) == SHOWN[line]


def test_all_is_shown_where_it_may_be() -> None:
    assert shown_line(f"< 5A 08 {PAN}\x07 VALDEZ", reveal=True) == rf"< 5A 08 {PAN}\x07 VALDEZ"


@pytest.mark.parametrize("reveal", [False, True])
@pytest.mark.parametrize("line", ["word " * 10**5, "12 " * 10**5, "\x1b" * 10**5])
def test_a_quotation_fits_a_line(line: str, reveal: bool) -> None:
    assert len(shown_line(line, reveal)) == WIDTH and shown_line(line, reveal).endswith("…")


PLACES = {
    "a line": (Problem("k", "d", 5, 10, 20, quote="> 12 x y"), 'k: d (line 5: "> ** * *")'),
    "a line that cannot be read again": (Problem("k", "d", 5, 10, 20, quote=""), "k: d (line 5)"),
    "a packet": (Problem("k", "d", 5, 10, 20), "k: d (unit 5, bytes 10..20)"),
    "where a packed file ends": (Problem("k", "d", 0, 20, 20), "k: d (byte 20)"),
    "all of the file": (Problem("k", "d", 0, 0, 0), "k: d"),
}


@pytest.mark.parametrize("what", PLACES)
def test_a_problem_says_where_it_is(what: str) -> None:
    problem, text = PLACES[what]
    assert problem_text(problem) == text


def test_what_is_no_line_has_no_quotation() -> None:
    assert quote_of(Problem("k", "d", 5, 10, 20)) is None
    assert "12" not in repr(Problem("k", "d", 5, 0, 9, quote="> 12"))
