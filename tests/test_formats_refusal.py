# SPDX-License-Identifier: MIT
"""A file that is no dialogue: one screen with what it is, what was tried, how it begins, what to do; no secret."""

from __future__ import annotations

import pytest

from cardlib.formats.refusal import MAX_GUESSES, MAX_QUOTED, is_text, refusal

SOURCE = b"#include <stdio.h>\n\nint main(void) {\n  return 0x12;\n}\n// a\n// b\n// c\n"


def told(head: bytes, scores: dict[str, float] | None = None, what: str = "") -> list[str]:
    pairs = list((scores or {"a": 0.0}).items())
    return str(refusal("x", head, len(head), pairs, what)).split("\n")


def test_a_text_is_quoted_as_text() -> None:
    rows = told(SOURCE)
    assert rows[0].endswith(f"it is a text of {len(SOURCE)} bytes")
    assert rows[1:4] == [
        "it begins:",
        "    1  #include <stdio.h>",
        "    3  int main(void) {",
    ]
    assert sum(row.startswith("   ") for row in rows) == MAX_QUOTED
    assert [row.split()[0] for row in rows[-4:]] == ["what", "--format", "--to-card", "cardlib"]


def test_what_it_is_comes_first() -> None:
    assert told(SOURCE, what="a C source")[0] == "x: holds no traffic: it is a C source"


def test_the_nearest_formats_are_named_the_best_first() -> None:
    scores = {"a": 0.1, "b": 0.0, "c": 0.3, "d": 0.2, "e": 0.05}
    assert told(SOURCE, scores)[1] == "nearest, and how sure: c 30%, d 20%, a 10%"
    assert len(told(SOURCE, scores)[1].split("%")) == MAX_GUESSES + 1
    assert not any(row.startswith("nearest") for row in told(SOURCE))


@pytest.mark.parametrize("head", [b"\x7fELF" + bytes(99), b"", bytes(range(256)), b"\xff\xfe\xfd"])
def test_what_is_no_text_is_one_line(head: bytes) -> None:
    assert len(told(head)) == 1 and not is_text(head)


def test_one_screen_without_controls_and_secrets() -> None:
    lines = [f"PAN 4761739001010119 \x1b]0;title\x07 {'long ' * 100}"] * 1000
    rows = told("\n".join(lines).encode(), {str(number): 0.5 for number in range(99)})
    assert len(rows) <= 24 and max(map(len, rows)) <= 110
    assert all(row.isprintable() for row in rows)
    assert "4761" not in "".join(rows[1:])
