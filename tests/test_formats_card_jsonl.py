# SPDX-License-Identifier: MIT
"""Our own format: every field goes out and comes back, and a damaged line costs itself."""

from __future__ import annotations

import io
import json

import pytest

import cardlib
from cardlib.core.model import Coverage, Frame, Problem, Session
from cardlib.formats import card_jsonl

HEAD = '{"card_capture": 1, "made_by": "test"}\n'
ROW = '{"t": 5, "from": "card", "kind": "apdu", "data": "9000", "note": "hi"}\n'


def read(text: str) -> list[Frame | Session | Problem]:
    data, coverage = text.encode("utf-8", "surrogateescape"), Coverage()
    items = list(card_jsonl.frames(io.BytesIO(data), coverage))
    assert coverage.total == len(data)
    return items


ITEMS: list[Frame | Session | Problem] = [
    Session(
        0,
        None,
        "contact",
        "host",
        "2026-01-02T03:04:05Z",
        meta=(("reader", 'A "quoted" 读卡器\n\x1b[31m'),),
    ),
    Frame(0, 0, "card", "atr", bytes.fromhex("3B00"), 3, 0, 0),
    Frame(1, 12, "reader", "apdu", bytes.fromhex("00A40400"), 4, 0, 0, "note \ud800 \u2028"),
    Problem("damaged block", "7 bytes", 5, 0, 0, b"\0\x01\xff", True),
    Problem("clock", "100 s", 5, 0, 0, b"", False),
    Frame(2, None, "none", "event", b"", 7, 0, 0),
    Session(1, None, "unknown", "none"),
]


def test_everything_comes_back() -> None:
    file = io.StringIO(newline="")
    assert card_jsonl.write(file, ITEMS) == 3
    text = file.getvalue()
    assert text.isascii() and text.count("\n") == len(ITEMS) + 1

    def known(item: Frame | Session | Problem) -> object:
        if isinstance(item, Frame):
            return item.index, item.time_ns, item.sender, item.kind, item.data, item.note
        if isinstance(item, Problem):
            return item.kind, item.detail, item.raw, item.gap
        return item.interface, item.clock, item.started, item.meta

    assert [known(item) for item in read(text)] == [known(item) for item in ITEMS]


BAD = [
    "{",
    "[]",
    "5",
    "nonsense",
    '{"card_capture": 2}',
    "{}",
    ROW.replace("9000", "90 0"),
    ROW.replace('"9000"', "9000"),
]
BAD += [
    ROW.replace("card", "cart"),
    ROW.replace("apdu", "APDU"),
    ROW.replace("5,", "-5,"),
    ROW.replace("5,", "5.5,"),
]
BAD += [
    ROW.replace("5,", "NaN,"),
    ROW.replace("5,", "true,"),
    ROW.replace("5,", "9" * 30 + ","),
    ROW.replace("5,", "9" * 5000 + ","),
]
BAD += [
    ROW[:30],
    "[" * 100_000,
    ROW.replace('"card"', '["card"]'),
    ROW.replace('"apdu"', '{"a": 1}'),
    "\udcff\udcfe",
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_damaged_line_costs_itself(number: int) -> None:
    items = read(HEAD + ROW + BAD[number].strip() + "\n" + ROW)
    problems = [item for item in items if isinstance(item, Problem)]
    assert [(problem.kind, problem.unit, problem.gap) for problem in problems] == [
        ("unreadable line", 3, True)
    ]
    assert [item.index for item in items if isinstance(item, Frame)] == [0, 1]


def test_wrong_types_of_what_may_be_left_out_do_no_harm() -> None:
    head = {"session": [], "clock": {}, "interface": 5, "started": 7, "meta": [1], "other": 1}
    session, frame, problem = read(
        json.dumps(head)
        + "\n"
        + ROW.replace('"hi"', "null")
        + '{"problem": 5, "detail": null, "raw": 7, "gap": null}\n\n'
    )
    assert session == Session(0)
    assert isinstance(frame, Frame) and frame.note == ""
    assert isinstance(problem, Problem) and (problem.kind, problem.raw, problem.gap) == (
        "5",
        b"",
        True,
    )


def test_killed_recorder_leaves_a_file_that_reads() -> None:
    text = HEAD + '{"session": 0, "clock": "host"}\n' + ROW * 5
    for size in range(len(HEAD), len(text)):
        frames = [item for item in read(text[:size]) if isinstance(item, Frame)]
        assert len(frames) == max(
            0, text[:size].rstrip("}").count('"hi"') - (text[:size].endswith('"hi"'))
        )


def test_problem_lines_cost_what_was_known(tmp_path: object) -> None:
    select = (
        '{"t": null, "from": "reader", "kind": "apdu", "data": "00A4040007A000000003101000"}\n'
        + ROW
    )
    gap = '{"problem": "damaged block", "detail": "x", "gap": true, "raw": ""}\n'
    later = '{"t": null, "from": "reader", "kind": "apdu", "data": "00B2010C00"}\n' + ROW
    assert [e.context.how for e in cardlib.read_text(HEAD + select + later).exchanges][
        1
    ] == "selected"
    assert [e.context.how for e in cardlib.read_text(HEAD + select + gap + later).exchanges][
        1
    ] == "unknown"


def test_recognises() -> None:
    assert card_jsonl.recognises(HEAD.encode()) == 1
    assert card_jsonl.recognises((ROW + ROW).encode()) == 0.9
    assert card_jsonl.recognises(ROW.encode()) == 0
    assert card_jsonl.recognises(b"") == 0
