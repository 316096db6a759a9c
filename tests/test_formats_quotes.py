# SPDX-License-Identifier: MIT
"""A problem of a text quotes its line, whatever the file is packed in and written with; a packet has none."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import cardlib
from cardlib.core.model import Problem
from cardlib.formats.quotes import MAX_QUOTED, Quotes, bytes_at
from cardlib.formats.unpack import Unpacked, unpacked
from cardlib.show.html import html
from cardlib.show.json import to_json
from cardlib.show.text import text

PAN = "4761739001010119"

LINES = ["> 00B2010C00", "< 6A83", "> 00B2020C00", "< 6A8 damaged", "> 00B2030C00", "< 6A83"]
ENCODED: dict[str, Callable[[str], bytes]] = {
    "LF": lambda text: text.encode(),
    "CR LF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "a terminal title before it": lambda text: b"\x1b[1m" + text.encode(),
}


@pytest.mark.parametrize("how", ENCODED)
def test_the_line_is_named_and_quoted(how: str, tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_bytes(ENCODED[how]("\n".join(LINES) + "\n"))
    problems = [problem for problem in cardlib.read(file).problems if problem.gap]
    assert [(problem.place, problem.quote) for problem in problems] == [("line 4", "< 6A8 damaged")]
    assert [item.quote for item in cardlib.stream(file) if isinstance(item, Problem)][-1:] == [
        "< 6A8 damaged"
    ]


def test_a_problem_that_a_frame_shows_later_quotes_its_line() -> None:
    text = "> 00B2010C00\n< 6A83\n> 00\n< 9000\n"
    problem = cardlib.read_text(text).problems[0]
    assert (problem.kind, problem.place, problem.quote) == ("unreadable line", "line 3", "> 00")


def test_a_packet_is_no_line(tmp_path: Path) -> None:
    file = tmp_path / "capture.pcapng"
    cardlib.convert(cardlib.read_text("> 00B2010C00\n< 6A83\n" * 3), file, "gsmtap")
    file.write_bytes(file.read_bytes()[:-3])
    (problem,) = cardlib.read(file).problems
    assert problem.quote is None and problem.place.startswith("unit ")


DAMAGED = f"> 00B2010C0C\n< 70 0A 5A 08 {PAN} damaged 90 0\n> 00B2020C0C\n< 6A83\n"


def sinks(capture: cardlib.Capture, reveal: bool | None) -> Iterator[str]:
    yield text(capture, reveal)
    yield html(capture, reveal)
    yield json.dumps(to_json(capture, reveal))
    yield cardlib.report(capture, reveal)._repr_html_()


def test_a_secret_in_a_damaged_line_is_in_no_sink(tmp_path: Path) -> None:
    capture = cardlib.read_text(DAMAGED)
    assert len(capture.problems) == 1
    for shown in sinks(capture, None):
        assert "line 2" in shown and PAN not in shown
    for shown in sinks(capture, True):
        assert PAN in shown
    always_masked = [repr(capture.problems), str(cardlib.check(capture))]
    cardlib.redact(capture, tmp_path / "out.card.jsonl")
    always_masked.append((tmp_path / "out.card.jsonl").read_text("utf-8"))
    assert not any(PAN in shown for shown in always_masked)


def test_a_finding_names_the_lines_of_damage() -> None:
    details = [finding.detail for finding in cardlib.check(cardlib.read_text(DAMAGED))]
    assert any("exchanges may be hidden: line 2" in detail for detail in details)


def test_what_is_quoted_of_a_long_line_is_bounded() -> None:
    file = io.BytesIO(b"x" * 10**6)
    quote = Quotes(file).add(Problem("k", "d", 1, 0, 10**6)).quote
    assert quote == "x" * MAX_QUOTED and file.tell() == 0


def test_reading_goes_on_where_it_was() -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(7)
    assert bytes_at(file, 2, 3) == b"234" and file.read() == b"789"


def test_a_packed_file_is_unpacked_once() -> None:
    text = b"".join(b"%07d\n" % number for number in range(200_000))
    file = unpacked(io.BytesIO(gzip.compress(text)))
    assert isinstance(file, Unpacked)
    assert bytes_at(file, 0, 8) == b"0000000\n"
    file.read(1_000_000)
    begun = file.packed.file.tell()
    assert bytes_at(file, 999_992, 8) == b"0124999\n"
    assert bytes_at(file, 0, 8) == b""
    assert file.packed.file.tell() == begun and file.read(8) == b"0125000\n"
