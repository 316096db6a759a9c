# SPDX-License-Identifier: MIT
"""Lines with their places, and hex as people write it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from counted import events, is_even
from hypothesis import given
from hypothesis import strategies as st

import cardlib
from cardlib.core.model import Coverage, Problem
from cardlib.formats.hextext import carries_hex
from cardlib.formats.lines import MAX_LINE, Item, Line, items, lines, unreadable
from cardlib.formats.style import head_lines, style_of
from cardlib.formats.text.cutting import fields_of, is_remark
from cardlib.formats.text.runs import Spelling


def read(data: bytes) -> list[Line | Problem]:
    return list(lines(io.BytesIO(data), Coverage()))


def texts(data: bytes) -> list[str]:
    return [line.text for line in read(data) if isinstance(line, Line)]


@given(
    st.lists(
        st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"\xff", b"\x1b[31m", b"\xef\xbb\xbf"])
    ).map(b"".join)
)
def test_lines_tile_the_file(data: bytes) -> None:
    found = [line for line in read(data) if not isinstance(line, Problem)]
    assert [line.start for line in found] == [0, *[line.stop for line in found]][: len(found)]
    assert (found[-1].stop if found else 0) == len(data)
    assert [line.unit for line in found] == list(range(1, len(found) + 1))
    assert len(found) == len(data.splitlines())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    assert texts(end.join(["> 00", "", "< 90 00", "x"]).encode()) == ["> 00", "", "< 90 00", "x"]


def test_colours_and_byte_order_marks_are_taken_off() -> None:
    assert texts(b"\xef\xbb\xbf\x1b[1;34m> 00\x1b[0m\x1b[2K\n\xef\xbb\xbf> 01") == ["> 00", "> 01"]
    assert head_lines(b"\xef\xbb\xbf\x1b[1;34m> 00\x1b[0m\r\n< 01\r") == ("> 00", "< 01", "")
    assert head_lines(b"ab\n" * 30_000)[-1] == "ab"
    assert head_lines(b"ab\n" + b"c" * 70_000) == ("ab",)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n"])
def test_long_line_is_problems_and_the_next_line_is_read(end: bytes) -> None:
    data = b"a" * (3 * MAX_LINE + 5) + end + b"b"
    found, coverage = read(data), Coverage()
    assert {line.unit for line in found if isinstance(line, Problem)} == {1}
    assert sum(line.stop - line.start for line in found) == len(data)
    assert texts(data) == (["b"] if end else [])
    list(lines(io.BytesIO(data), coverage))
    assert coverage.damaged == len(data) - (1 if end else 0)


@pytest.mark.parametrize("count", [100_000, pytest.param(500_000, marks=pytest.mark.long)])
def test_file_of_lone_carriage_returns_may_be_long(count: int) -> None:
    assert len(texts(b"00A4\r" * count)) == count


def test_every_line_is_counted_once() -> None:
    def reader(line: Line, _: int) -> list[Item] | str:
        clock: list[Item] = [Problem("clock", "", line.unit, line.start, line.stop, gap=False)]
        return {"used": clock, "bad": unreadable(line, "why")}.get(line.text, "text")

    coverage = Coverage()
    found = list(items(io.BytesIO(b"used\nbad\nother\n\n" + b"x" * MAX_LINE), coverage, reader))
    assert [item.kind for item in found if isinstance(item, Problem)] == [
        "clock",
        "unreadable line",
        "long line",
    ]
    assert (coverage.used, coverage.damaged, coverage.skipped) == (5, 4 + MAX_LINE, {"text": 7})


HEX = {
    "00 A4 04 00": "00a40400",
    "00a40400": "00a40400",
    "00A4 0400 02": "00a4040002",
    "{0x00, 0xA4}": "00a4",
    "00:A4:04:00": "00a40400",
    "[00 A4]": "00a4",
    "00A4 // select": "00a4",
    "00A4// select": "00a4",
    "00A4 # select": "00a4",
    "00A4 (SELECT)": "00a4",
    "00 A4 | ..": "00a4",
    "00 A4 ;": "00a4",
    "00 A4;": "00a4",
    "00 A4 -- it": "00a4",
    "00 A4 选择": "00a4",
    "00A4选择": "00a4",
    "00 A4 \udcd1\udca1": "00a4",
    "": "",
    "# all": "",
}


def hex_of(text: str) -> bytes | None:
    """The bytes of a line without marks; None where it is damaged, or holds something else."""
    if is_remark(text):
        return b""
    fields = fields_of(text, 0, Spelling())
    return fields[0].data if len(fields) == 1 else None


@pytest.mark.parametrize("text", HEX)
def test_hex_in_many_spellings(text: str) -> None:
    data = hex_of(text)
    assert data is not None and data.hex() == HEX[text]


NO_HEX = [
    "00 A",
    "00 A 4 00",
    "00 A44 0",
    "0G",
    "00A4#0400",
    "00 (4 04 00",
    "00 A4(04 00",
    "00 A\udcb4 04",
]
NO_HEX += ["\udcff\udcff 9000", "00 \udca3 9000"]
NO_HEX += [
    "00A40x00",
    "00 0x",
    "0x",
    "00 A4\udcc1404",
    "00 A4 é04 00",
    "０１",
    "٠٠",
    "0_0",
    "+0",
]


@pytest.mark.parametrize("text", NO_HEX)
def test_what_is_no_hex_is_never_shortened(text: str) -> None:
    assert hex_of(text) is None


def test_one_wrong_character_never_shortens_a_run_of_bytes() -> None:
    for text in ("00 A4 04 00 07 38 58 93 83", "00A4040007385893830030"):
        whole = bytes.fromhex(text)
        for at in range(len(text)):
            for code in range(256):
                if chr(code) in "\n\r" or (at == 0 and chr(code) in "#;%"):
                    continue  # another line, a remark
                raw = text[:at].encode() + bytes([code]) + text[at + 1 :].encode()
                data = hex_of(raw.decode("utf-8", "surrogateescape"))
                assert data is None or len(data) >= len(whole) - 1, raw


CARRYING = [
    "90 0G 00",
    "sesp: 9000",
    "00A404000E325041592E5359532E44444630G1",
    "APDU 00 A4",
    "0x00, 0xA4, junk",
]
PROSE = ["in: the beginning", "see page 1024 of it", "", "hello", "version 2.30 of", "a dead cow"]


def test_lines_that_carry_hex() -> None:
    assert [text for text in CARRYING if not carries_hex(text)] == []
    assert [text for text in PROSE if carries_hex(text)] == []


EVIL = [
    "0" * 100_000,
    "00 " * 33_333,
    " " * 100_000,
    "0x" * 50_000,
    "(" * 100_000,
    "<" * 100_000,
    "[" * 100_000,
]
EVIL += [
    "00 " * 33_333 + "x",
    "[in" * 30_000,
    "-" * 100_000,
    "=" * 100_000,
    "12:34:56 " * 11_000,
    "\x1b[" * 50_000,
]
EVIL += [
    "<  [] " * 16_000,
    "< " + "00 " * 33_333 + "z",
    "a:1:b() " * 12_000,
    "x pcscd[" * 12_000,
    "\udcff" * 100_000,
]


@pytest.mark.parametrize("number", range(len(EVIL)))
def test_hex_is_looked_for_once(number: int) -> None:
    """Work in Python does not grow with the text: expressions do the work, and these are linear (test_patterns)."""
    text = EVIL[number]
    for look in (hex_of, carries_hex):
        assert is_even([events(look, text[: len(text) // 2]), events(look, text)])


ASK, TELL = "00A4040007A000000003101000", "6F108407A0000000031010A50550034142439000"
MARKED = f"> {ASK}\n< {TELL}\n> 00B2010C00\n< 6A83\n" * 2
CHINESE = MARKED.replace(">", "发送").replace("<", "接收")
DAEMON = (
    f"00000100 APDU: {' '.join(re.findall('..', ASK))} \n00000100 SW: {' '.join(re.findall('..', TELL))} \n"
    * 4
)
WRITTEN = {
    "UTF-16": (MARKED.encode("utf-16"), ""),
    "UTF-16 BE": (b"\xfe\xff" + CHINESE.encode("utf-16-be"), ""),
    "UTF-16 LE without mark": (MARKED.encode("utf-16-le"), "no byte order mark: guessed UTF-16-LE"),
    "UTF-16 BE without mark": (MARKED.encode("utf-16-be"), "no byte order mark: guessed UTF-16-BE"),
    "UTF-16 CR LF": (MARKED.replace("\n", "\r\n").encode("utf-16"), ""),
    "UTF-16 odd": (MARKED.encode("utf-16") + b"x", ""),
    "GBK": (CHINESE.encode("gbk"), "not UTF-8: guessed GBK"),
    "Windows-1252": (b"# r\xe9ponse\n" + MARKED.encode(), "not UTF-8: guessed cp1252"),
    "one byte that is no text": (b"# \xe9 \xff\n" + MARKED.encode(), ""),
    "UTF-8 with a byte of another": (
        "# Größe\n# r\udce9ponse\n".encode("utf-8", "surrogateescape") + MARKED.encode(),
        "",
    ),
    "mail": (re.sub("(?m)^", "> ", MARKED[:-1]).encode(), ""),
    "mail twice": (("On Monday you wrote:\n" + re.sub("(?m)^", ">> ", MARKED[:-1])).encode(), ""),
    "Markdown": (f"See this:\n```text\n{MARKED}```\nIt fails.\n".encode(), ""),
    "quoted daemon": (re.sub("(?m)^", "> ", DAEMON[:-1]).encode(), ""),
    "indented daemon": (re.sub("(?m)^", "    ", DAEMON[:-1]).encode(), ""),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_text_may_be_written_in_many_ways(name: str, tmp_path: Path) -> None:
    data, guess = WRITTEN[name]
    (tmp_path / "file").write_bytes(data)
    capture = cardlib.read(tmp_path / "file")
    assert len(capture.exchanges) == 4 and capture.coverage.total == len(data)
    first = capture.exchanges[0]
    assert first.command and first.response and first.response.raw.hex().upper() == TELL
    assert first.command.raw.hex().upper() == ASK
    assert [problem.detail for problem in capture.problems] == ([guess] if guess else [])


def wrapped(text: str, width: int) -> str:
    return (
        "\n".join(
            line[i : i + width] for line in text.splitlines() for i in range(0, len(line), width)
        )
        + "\n"
    )


@pytest.mark.parametrize("width", [70, 71, 72, 80])
@pytest.mark.parametrize("trim", [False, True])
def test_lines_that_a_terminal_wrapped_are_whole_again(width: int, trim: bool) -> None:
    long = f"00000100 SW: {'41 ' * 150}90 00 \n"
    text = wrapped((DAEMON[: DAEMON.index("\n") + 1] + long) * 3, width)
    text = re.sub("(?m) $", "", text) if trim else text
    capture = cardlib.read_text(text)
    assert [e.response.raw for e in capture.exchanges if e.response] == [b"A" * 150 + b"\x90\0"] * 3
    assert capture.problems == () and capture.coverage.total == len(text)


def test_rows_of_one_length_are_not_wrapped_lines() -> None:
    text = ("C-APDU: " + "41" * 40 + "\n" + "42" * 44 + "\n") * 3
    assert style_of(text.encode()).width == 88  # it looks so, and joining takes nothing away
    text = ("C-APDU:\n" + "41" * 44 + "\nR-APDU:\n" + "42" * 44 + "\n") * 3
    assert style_of(text.encode()).width == 0


@given(
    st.binary(max_size=300)
    | st.text(">< 0A\n\r发", max_size=200).map(lambda text: text.encode("utf-16-le"))
)
def test_any_bytes_are_lines_that_tile_them(data: bytes) -> None:
    coverage = Coverage()
    found = [line for line in lines(io.BytesIO(data), coverage) if isinstance(line, Line)]
    assert b"".join(line.raw for line in found) == data
    assert [line.start for line in found] == [0, *[line.stop for line in found]][: len(found)]


def test_rows_with_an_indentation_were_not_wrapped_by_a_terminal() -> None:
    label = "answer from the card over here: "
    rows = [label + "9F7F2A479050374791007800006133014200171424479161", "    34014200179"]
    assert texts("\n".join(rows * 3).encode()) == rows * 3
    cut = [row.strip() for row in rows]
    assert texts("\n".join(cut * 3).encode()) == ["".join(cut)] * 3
