# SPDX-License-Identifier: MIT
"""The main road: what cannot be read says why, sessions open where they should, times are honest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_formats_logs import LOG

import cardlib
from cardlib.core.dictionary import load
from cardlib.core.errors import CaptureError, DictionaryError
from cardlib.core.model import Capture, Frame, Problem, Session
from cardlib.formats import FORMATS
from cardlib.road import meaning, pipeline
from cardlib.road.meaning import halves, name
from cardlib.road.pipeline import read, read_text, stream

SELECT = "> 00A4040007A000000003101000\n< 6F098407A00000000310109000\n"
RECORD = "> 00B2010C00\n< 70045A0212349000\n"


def refused(path: Path, format: str | None = None) -> str:
    with pytest.raises(CaptureError) as fault:
        read(path, format)
    with pytest.raises(CaptureError):
        list(stream(path, format)) or pytest.fail("stream took it")
    assert fault.value.file == str(path)
    return fault.value.reason


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    assert refused(tmp_path / "none") == "cannot be opened: No such file or directory"
    assert refused(tmp_path) in ("is not a file", "cannot be opened: Is a directory")
    with pytest.raises(CaptureError, match="cannot be opened: embedded null"):
        read("a\0b")
    with pytest.raises(CaptureError, match="cannot be opened"):
        read("a" * 5000)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO here")
def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert refused(tmp_path / "fifo") == "is not a file"
    (tmp_path / "zero").symlink_to("/dev/zero")
    assert refused(tmp_path / "zero") == "is not a file"
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refused(tmp_path / "loop").startswith("cannot be opened")


def test_what_no_format_recognises(tmp_path: Path) -> None:
    file = tmp_path / "junk"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(300))
    reason = refused(file)
    assert f"{len(FORMATS)} were tried" in reason
    assert reason.endswith("it begins 89504E47 and has 308 bytes")
    file.write_bytes(b"")
    assert refused(file).endswith("it is empty")
    assert refused(file, "no such").startswith(
        "no format is called 'no such'; there are card.jsonl, "
    )


def test_format_that_finds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_text("hello\n", "utf-8")
    with pytest.raises(CaptureError, match="nothing in it that pcscd log has a name for"):
        read(file, "pcscd log")
    assert list(stream(file, "pcscd log")) == []


def test_named_format_is_used(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(LOG, "utf-8")
    assert read(file, "pcscd log").format == "pcscd log"
    assert read(file, "pyscard observer").problems


def test_failed_read_leaves_earlier_results_alone(tmp_path: Path) -> None:
    earlier = read_text(SELECT)
    before = repr(earlier.exchanges)
    with pytest.raises(CaptureError):
        read(tmp_path / "none")
    assert repr(earlier.exchanges) == before


def test_atr_opens_a_session_and_a_capture_may_start_in_the_middle() -> None:
    capture = read_text(RECORD + "ATR: 3B6500002063CB6F00\n" + SELECT + RECORD)
    assert [(s.index, s.atr is None, len(s.exchanges)) for s in capture.sessions] == [
        (0, True, 1),
        (1, False, 2),
    ]
    assert [exchange.context.how for exchange in capture.exchanges] == [
        "assumed",
        "implicit",
        "selected",
    ]
    assert [exchange.session for exchange in capture.exchanges] == [0, 1, 1]


JSONL = '{"card_capture": 1}\n'


def row(text: str, kind: str = "apdu", sender: str = "card", t: str = "null") -> str:
    return f'{{"t": {t}, "from": "{sender}", "kind": "{kind}", "data": "{text}"}}\n'


ROWS = """[DF7E]
name = "Good row"

["file 2F00"]
name = "Bad row"
layout = '''
kind    1
amount  4  mony
'''

[9F]
name = "No tag"
"""


def test_rows_of_the_caller_that_are_left_out_are_the_first_problems(tmp_path: Path) -> None:
    mine, log = tmp_path / "my.app.toml", tmp_path / "log"
    mine.write_text(ROWS, "utf-8")
    log.write_text("> 80CADF7E00\n< DF7E01119000\n> 00A4 0G\n", "utf-8")
    capture = read(log, dictionaries=[str(mine)])
    wrong, key, unreadable = capture.problems
    assert (wrong.kind, wrong.gap, wrong.unit) == ("dictionary", False, 0)
    assert (
        wrong.detail == "my.app.toml:8: file 2F00: no format 'mony'; near: money, smoney, moneyle"
    )
    assert key.detail.startswith("my.app.toml:11: 9F: the key is neither a tag")
    assert unreadable.kind == "unreadable line"
    first, second, *_ = stream(log, dictionaries=[str(mine)])
    assert [first, second] == [wrong, key]
    assert "Good row" in str(capture.exchanges[0])


def test_a_file_of_the_caller_that_is_none_is_an_error(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    for content in (None, b"\xff", b"[9F27", b"meta = 1"):
        if content is not None:
            mine.write_bytes(content)
        load.cache_clear()
        with pytest.raises(DictionaryError, match=r"mine\.toml"):
            read_text(SELECT, dictionaries=[str(mine)])


def test_a_wrong_row_makes_no_capture_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[9F]\nname = 'x'\n")
    (tmp_path / "text").write_text("hello\n")
    with pytest.raises(CaptureError, match="nothing in it"):
        read(tmp_path / "text", "pcscd log", dictionaries=[str(tmp_path / "mine.toml")])


def test_heads_of_sessions() -> None:
    head = '{{"session": 0, "clock": "rf", "interface": "{}"}}\n'
    text = JSONL + head.format("contactless") + head.format("unknown") + row("0578807002", "ats")
    capture = read_text(text + row("9000") + head.format("contact"))
    assert [(s.interface, s.atr, s.clock) for s in capture.sessions] == [
        ("contactless", None, "rf"),
        ("contactless", bytes.fromhex("0578807002"), "rf"),
        ("contact", None, "rf"),
    ]
    assert [len(session.exchanges) for session in capture.sessions] == [0, 1, 0]


def timed(*rows: tuple[str, str, int]) -> Capture:
    return read_text(JSONL + "".join(row(data, "apdu", sender, str(t)) for sender, data, t in rows))


def test_times_count_from_the_first_stamp_of_the_session() -> None:
    capture = timed(
        ("reader", "00A40400", 500),
        ("card", "9000", 700),
        ("reader", "00B20104", 900),
        ("card", "6A83", 901),
    )
    assert [(e.start_ns, e.end_ns, e.duration_ns) for e in capture.exchanges] == [
        (0, 200, 200),
        (400, 401, 1),
    ]


def test_clock_that_goes_back_gives_no_times_and_a_problem() -> None:
    within = timed(("reader", "00A40400", 500), ("card", "9000", 400))
    between = timed(*[("card", "9000", t) for t in (500, 600, 550, 570, 100, 200, 700)])
    assert [(e.start_ns, e.end_ns, e.duration_ns) for e in within.exchanges] == [(None, None, None)]
    assert [exchange.end_ns for exchange in between.exchanges] == [
        0,
        100,
        None,
        70,
        None,
        None,
        200,
    ]
    assert [problem.kind for problem in between.problems] == ["times out of order"] * 3
    assert "50 ns before" in between.problems[0].detail and not between.problems[0].gap


def test_stamps_begin_anew_with_a_session() -> None:
    session = '{"session": 0, "clock": "host"}\n'
    text = JSONL + (session + row("3B00", "atr", t="1000") + row("9000", t="1500")) * 2
    assert [exchange.end_ns for exchange in read_text(text).exchanges] == [500, 500]
    assert read_text(text).problems == ()


def test_problems_of_a_kind_are_counted_after_a_thousand(tmp_path: Path) -> None:
    capture = read_text("> 9000\n" + "> 00A4 0G\n" * 5000 + SELECT, "hex pairs")
    assert (
        len([p for p in capture.problems if p.kind == "unreadable line"])
        == pipeline.MAX_PROBLEMS + 1
    )
    assert (
        # 5000, and the two bytes of the first line, which are no command
        capture.problems[-1].detail == "4001 more of this kind are not listed"
        and not capture.problems[-1].gap
    )
    many = JSONL + "".join(f'{{"problem": "kind {i}"}}\n' for i in range(5000))
    assert len(read_text(many).problems) == 99 + pipeline.MAX_PROBLEMS + 1 + 1


def test_damage_makes_the_state_unknown_and_costs_no_neighbour() -> None:
    capture = read_text(SELECT + RECORD + "> 00B2 0G\n" + RECORD)
    assert [exchange.context.how for exchange in capture.exchanges] == [
        "assumed",
        "selected",
        "unknown",
    ]


def test_halves_and_names() -> None:
    first, alone = read_text(SELECT + "< 9000\n").exchanges
    assert [side for side, _ in halves(first)] == ["command", "response"]
    assert name(first) == "SELECT"
    assert name(alone) == "answer without a command"
    assert cardlib.decode(alone).name == "answer without a command"


def test_decoder_that_breaks_costs_its_own_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    (exchange,) = read_text(SELECT).exchanges
    monkeypatch.setattr(meaning, "decode_of", lambda _: broken)
    root = meaning.decode(exchange)
    assert root.error == "the decoder of emv broke (ZeroDivisionError): bytes only"
    assert [half.raw.hex() for half in root.children] == [
        SELECT.split()[1].lower(),
        SELECT.split()[3].lower(),
    ]


def test_stream_gives_heads_frames_and_problems_in_order(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("ATR: 3B00\n" + SELECT + "> 00A4 0G\n" + RECORD, "utf-8")
    kinds = [type(item).__name__ for item in stream(file)]
    assert kinds == ["Session", "Frame", "Exchange", "Problem", "Exchange"]
    heads = [item for item in stream(file) if isinstance(item, Session)]
    assert heads[0].exchanges == () and [
        type(i) for i in stream(file) if isinstance(i, Frame | Problem)
    ] == [
        Frame,
        Problem,
    ]
