# SPDX-License-Identifier: MIT
"""Hex with a mark of direction in all the spellings, bare hex in turn, and prose that is neither."""

from __future__ import annotations

import io
import random
import re

import pytest

import cardlib
from cardlib.core.model import Coverage, Frame, Problem
from cardlib.formats.text import learning
from cardlib.formats.text.reader import TextLog
from cardlib.formats.text.states import Context
from cardlib.road.fold import BACKWARDS
from conftest import ROOT

ASK, TELL = "00A4040007A000000003101000", "6F098407A00000000310109000"


def read(text: str) -> tuple[list[Frame], list[Problem], Coverage]:
    data, coverage = text.encode("utf-8", "surrogateescape"), Coverage()
    items = list(TextLog(data[:65536]).frames(io.BytesIO(data), coverage))
    assert coverage.total == len(data)
    frames = [item for item in items if isinstance(item, Frame)]
    assert [frame.index for frame in frames] == list(range(len(frames)))
    return frames, [item for item in items if isinstance(item, Problem)], coverage


MARKS = [
    (">", "<"),
    (">>", "<<"),
    (">>>>", "<<<<"),
    ("=>", "<="),
    ("->", "<-"),
    ("-->", "<--"),
    ("==>", "<=="),
]
MARKS += [
    ("send:", "resp:"),
    ("SEND:", "RECV:"),
    ("Sent:", "Received:"),
    ("C-APDU:", "R-APDU:"),
    ("CAPDU:", "RAPDU:"),
]
MARKS += [
    ("[SEND]", "[RESP]"),
    ("[tx]", "[rx]"),
    ("In:", "Out:"),
    ("Command:", "Response:"),
    ("C:", "R:"),
    ("TX =>", "RX <="),
]
MARKS += [
    ("发送：", "接收："),
    ("发送", "接收"),
    ("命令:", "响应:"),
    ("发送 ", "返回 "),
    ("senden:", "empfangen:"),
]
MARKS += [
    ("Befehl:", "Antwort:"),
    ("command =", "answer ="),
    ("  > ", "  < "),
    ("APDU:", "SW:"),
    ("request:", "reply:"),
]
MARKS += [
    ("12:34:56.789 >", "12:34:56.790 <"),
    ("[2026-01-02 12:34:56] send:", "[2026-01-02 12:34:57] resp:"),
]
MARKS += [
    ("\x1b[32m>\x1b[0m", "\x1b[31m<\x1b[0m"),
    ("* send:", "* resp:"),
    ("- send:", "- resp:"),
    ("> :", "< :"),
]


@pytest.mark.parametrize("marks", MARKS, ids=lambda marks: marks[0])
def test_marks(marks: tuple[str, str]) -> None:
    text = f"{marks[0]} {ASK}\n{marks[1]} {TELL}\n" * 2
    capture = cardlib.read_text(text)
    problems = [problem for problem in capture.problems if problem.kind != BACKWARDS]
    assert (capture.format.partition(":")[0], problems, len(capture.exchanges)) == (
        "hex pairs",
        [],
        2,
    )
    exchange = capture.exchanges[0]
    assert exchange.command and exchange.response
    assert (exchange.command.raw.hex().upper(), exchange.response.raw.hex().upper()) == (ASK, TELL)


MORE = {
    "decimal": ">>> [0, 164, 4, 0, 0]\n<<< [97, 28]\n",
    "decimal, two digits": "> 00A4040000\n< [97, 28]\n",
    "tags": "[+] >>> 00 A4 04 00 00\n[+] <<< 61 1C | a.\n",
    "TTL": "[TTL] C-APDU: 00A4040000 (SELECT)\n[TTL] R-APDU: 611C\n",
    "Android": "transceive(3) in: 00 a4 04 00 00\ntransceive out: 61 1c\n",
    "loader": "Command 00A4040000\nResponse 611C\n",
    "status first": "-> 00a4040000\n<- 611c: \n",
}


@pytest.mark.parametrize("name", MORE)
def test_more_marks(name: str) -> None:
    [exchange] = cardlib.read_text(MORE[name]).exchanges
    assert exchange.command and exchange.response
    assert (exchange.command.raw.hex(), exchange.response.raw.hex()) == ("00a4040000", "611c")


def test_status_word_may_stand_first() -> None:
    frames, _, _ = read("-> a0a4000002 7f20\n<- 9f20: 0102\n")
    assert [frame.data.hex() for frame in frames] == ["a0a40000027f20", "01029f20"]


@pytest.mark.parametrize(
    "text", ["> 00A40400(...)", "> 00A40400…", "> [0, 164, 256]", "> 00A40400 (... 4 more)"]
)
def test_bytes_that_were_left_out_are_not_taken_for_all(text: str) -> None:
    frames, problems, _ = read(f"{text}\n< 9000\n")
    assert len(frames) == 1 and [problem.kind for problem in problems] == ["unreadable line"]


SPELT = re.findall(
    r"^## (.*)\n((?:(?!## ).*\n)*)", (ROOT / "tests/spellings.txt").read_text("utf-8"), re.M
)


@pytest.mark.parametrize(("name", "text"), SPELT, ids=[name for name, _ in SPELT])
def test_two_exchanges_as_people_paste_them(name: str, text: str) -> None:
    """Layouts found in questions, bug reports and blogs; the bytes are made up."""
    capture = cardlib.read_text(text)
    found = [
        (e.command and e.command.raw.hex(), e.response and e.response.raw.hex())
        for e in capture.exchanges
    ]
    le = "" if "apdutool" in name else "00"  # it prints how many bytes came in the place of Le
    select = ("00a4040007a0000000031010" + le, "6f108407a0000000031010a50550034142439000")
    problems = [problem for problem in capture.problems if problem.kind != BACKWARDS]
    assert found == [select, ("00b2010c00", "6a83")] and problems == []


@pytest.mark.parametrize(
    "name", ["CSV with command and response", "JSON, one array", "both halves in a line, marked"]
)
def test_halves_of_a_line_have_places_of_their_own(name: str) -> None:
    text = dict(SPELT)[name]
    for asked, told in zip(*[iter(read(text)[0])] * 2, strict=True):
        assert asked.unit == told.unit and asked.stop == told.start
        for frame in (asked, told):
            assert frame.data.hex() in text[frame.start : frame.stop].lower()


@pytest.mark.parametrize("sign", ["//", "#", "--", "("])
def test_answer_in_a_remark_was_not_seen(sign: str) -> None:
    frames, problems, _ = read(f"> {ASK} {sign} resp: 9000\n< {TELL}\n")
    assert [(frame.sender, frame.data.hex().upper()) for frame in frames] == [
        ("reader", ASK),
        ("card", TELL),
    ]
    assert problems == []


def test_there_are_many_spellings() -> None:
    assert len(SPELT) == len({name for name, _ in SPELT}) > 40


def spaced(text: str, glue: str, before: str = "") -> str:
    return glue.join(before + text[i : i + 2] for i in range(0, len(text), 2))


SPELLINGS = {
    "spaces": lambda hexes: spaced(hexes, " "),
    "colons": lambda hexes: spaced(hexes, ":"),
    "0x": lambda hexes: spaced(hexes, ", ", "0x"),
    "0x blanks": lambda hexes: spaced(hexes, " ", "0x"),
    "lower": str.lower,
    "comment": lambda hexes: hexes + "  // SELECT",
    "Chinese comment": lambda hexes: hexes + " 选择应用",
    "braces": lambda hexes: "{ " + spaced(hexes, ", ", "0x") + " };",
    "glued": lambda hexes: hexes[:2] + " " + hexes[2:6] + " " + hexes[6:],
}


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_spellings(name: str, bare: bool, end: str) -> None:
    marks = ("", "") if bare else ("> ", "< ")
    lines = [
        "# a comment",
        "",
        marks[0] + SPELLINGS[name](ASK),
        marks[1] + SPELLINGS[name](TELL),
    ] * 2
    for text in (end.join(lines), "\ufeff" + end.join(lines) + end):
        frames, problems, _ = read(text)
        assert [(frame.sender, frame.data.hex().upper()) for frame in frames] == [
            ("reader", ASK),
            ("card", TELL),
        ] * 2
        assert problems == []


def test_atr_opens_a_session() -> None:
    capture = cardlib.read_text(
        f"ATR: 3B6500002063CB6F00\n> {ASK}\n< {TELL}\nATR = 3B 65 00 00 20 63 CB 6F 00\n> {ASK}\n"
    )
    assert [len(session.exchanges) for session in capture.sessions] == [1, 1]
    assert capture.sessions[1].atr and capture.sessions[0].interface == "contact"
    assert capture.problems == ()


def test_mark_with_nothing_behind_it_is_a_half_that_is_not_here() -> None:
    capture = cardlib.read_text(f"send:\nresp: {TELL}\nsend: {ASK}\nresp:\nsend:\n")
    first, second = capture.exchanges
    assert first.command is None and first.response and second.command
    assert second.response and second.response.raw == b"" and second.response.error
    assert capture.problems == ()


def test_mark_may_stand_alone_above_its_bytes() -> None:
    text = f"C-APDU:\n{ASK}\n\nR-APDU:\n# comment\n{TELL}\n"
    frames, problems, _ = read(text * 2)
    assert [(frame.sender, frame.data.hex().upper()) for frame in frames] == [
        ("reader", ASK),
        ("card", TELL),
    ] * 2
    assert problems == [] and [frame.unit for frame in frames] == [2, 6, 8, 12]


def test_hex_that_was_wrapped_below_its_mark_is_joined() -> None:
    frames, problems, _ = read(f"> {ASK[:10]}\n{ASK[10:]}\n< {TELL}\n> {ASK}\n< {TELL}\n")
    assert [frame.data.hex().upper() for frame in frames] == [ASK, TELL, ASK, TELL]
    assert problems == []


def test_bare_lines_come_back_into_step() -> None:
    frames, problems, _ = read("\n".join([ASK, TELL, ASK, ASK, TELL, TELL, ASK, TELL]))
    assert "".join(frame.sender[0] for frame in frames) == "rcrrcrc"
    assert [(problem.unit, problem.kind) for problem in problems] == [(6, "unreadable line")]


PROSE = [
    "in: the beginning was the word",
    "> said the reader",
    "out: of order",
    "C: drive",
    "sw: none, sorry",
    "r: yes",
]
PROSE += [
    "Response: see below",
    "hello world",
    "<html>",
    "atrium",
    "ATR: none",
    "apdu: a small thing",
    "答案: none",
]
BAD = [
    "> 00A4 0Z 00",
    "> 00A4040",
    "< 90 0",
    "< 9000 and more",
    "> 00A40400 junk",
    "> 00 A4é04 00",
    "sesp: 9000",
]
BAD += [
    "> gzxqkw 90 00",
    "> 00A40x04",
    "6F098407A000000003101090G0",
    "6F0",
    "send: 00\ufffdA4",
    "> 90\x00gz",
    "> 9O00",
    "> ９０００",
    "< \0\0\0\0020123 9000",
    "ATR: 3B 6",
    "> [0, 300, 4]",
    "> [0, -192, 4]",
    r"> b'\x00\xg4\x04'",
    "> 0 A4 4G 0",
    "> 00-A4-0-00",
    '"apdu": "00A4040"',
    "| Tx | 00 A4 0 04 |",
    "INFO reader - Sending APDU: 00A40",
]


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_no_problem(text: str) -> None:
    frames, problems, coverage = read(f"> {ASK}\n< {TELL}\n{text}\n> {ASK}\n< {TELL}\n")
    assert (len(frames), problems) == (4, [])
    assert coverage.skipped == {"other text": len(text.encode()) + 1}


@pytest.mark.parametrize("text", BAD)
def test_damaged_line_is_a_problem_and_no_shorter_half(text: str) -> None:
    frames, problems, _ = read(f"> {ASK}\n< {TELL}\n{text}\n> {ASK}\n< {TELL}\n")
    assert [frame.data.hex().upper() for frame in frames] == [ASK, TELL] * 2
    assert [(p.kind, p.unit, p.raw.decode("utf-8", "surrogateescape")) for p in problems] == [
        ("unreadable line", 3, text)
    ]


def mutated(lines: list[str], seed: int) -> tuple[int, str]:
    """One line changed in one place: a bit, a cut, something put in."""
    rng = random.Random(seed)
    row = rng.randrange(len(lines))
    raw = lines[row].encode()
    at = rng.randrange(len(raw))
    new = rng.choice(
        [
            bytes([raw[at] ^ 1 << rng.randrange(8)]),
            b"",
            rng.randbytes(2) + raw[at : at + 1],
            b"\0",
            b"\xff\xff",
        ]
    )
    raw = raw[:at] + new + raw[at + (rng.choice([1, 1, 5]) if not new else 1) :]
    return row, raw.translate(None, b"\r\n").decode("utf-8", "surrogateescape")


# How many of 100 and of 400 damages may cost more than their own line: what is left of a line can
# look like another half, and without marks nothing contradicts it.
SPREADS = {
    ("> ", "< "): {100: 1, 400: 2},
    ("send: ", "resp: "): {100: 1, 400: 2},
    ("发送 ", "接收 "): {100: 1, 400: 2},
    ("", ""): {100: 3, 400: 12},
}


@pytest.mark.parametrize("count", [100, pytest.param(400, marks=pytest.mark.long)])
@pytest.mark.parametrize("marks", SPREADS)
def test_lines_around_a_damaged_one_are_unaffected(marks: tuple[str, str], count: int) -> None:
    halves = [
        ASK,
        TELL,
        "80A800000483029F0200",
        "77098202194094030801019000",
        "00B2010C00",
        "6A83",
        "80CA9F3600",
        "9F360201239000",
    ]
    lines = [marks[i % 2] + half for i, half in enumerate(halves * 2)]
    whole = {frame.unit: (frame.sender, frame.data) for frame in read("\n".join(lines))[0]}
    assert len(whole) == len(lines)
    spread = []
    for seed in range(count):
        row, text = mutated(lines, seed)
        frames = {
            f.unit: (f.sender, f.data)
            for f in read("\n".join([*lines[:row], text, *lines[row + 1 :]]))[0]
        }
        others = [unit for unit, held in whole.items() if frames.get(unit) != held]
        hit, before = frames.get(row + 1), whole[row + 1][1]
        is_shorter = hit is not None and len(hit[1]) < len(before) - 3
        if is_shorter or others not in ([], [row + 1]):
            spread.append((row, text))
    assert len(spread) <= SPREADS[marks][count], spread


def test_recognises() -> None:
    assert TextLog.recognises(f"> {ASK}\n< {TELL}\n".encode() * 2) == pytest.approx(0.7)
    assert TextLog.recognises(f"{ASK}\n{TELL}\n".encode() * 2) == pytest.approx(0.7)
    for little in (f"> {ASK}\n< {TELL}\n", ASK):  # a script may hold as much
        assert TextLog.recognises(little.encode()) == pytest.approx(0.25)
    assert TextLog.recognises(b"hello\nworld\n9000\n") == 0
    assert TextLog.recognises(b"> 9000\0") == 0
    assert TextLog.recognises(b"") == 0
    assert (
        TextLog.recognises(
            b"00000000  7f 45 4c 46 02 01 01 00  00 00 00 00 00 00 00 00  |.ELF............|\n" * 9
        )
        == 0
    )
    assert TextLog.recognises(f"a story\nof words\n> {ASK}\n< {TELL}\n".encode()) > 0.2


def test_long_line_behind_a_mark_that_stands_alone() -> None:
    frames, problems, _ = read(f"> {ASK}\n<\n{'00' * 1_000_000}\n{TELL}\n")
    assert [frame.data.hex().upper() for frame in frames] == [ASK, TELL]
    assert [problem.kind for problem in problems] == ["long line", "long line"]


def test_long_lines_are_passed_on() -> None:
    assert [problem.kind for problem in read("> " + "00" * 1_000_000)[1]] == ["long line"] * 2


def pseudo_random(count: int) -> bytes:
    """The same bytes each time, that look like nothing."""
    return random.Random(7).randbytes(count)


def test_a_long_text_without_dialogue_is_refused_after_few_searches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searched = []
    search = learning.best_roles

    def counted(context: Context) -> tuple[str, float]:
        searched.append(len(context.fields))
        return search(context)

    monkeypatch.setattr(learning, "best_roles", counted)
    rows = [pseudo_random(20 * 800)[start : start + 20].hex() for start in range(0, 16_000, 20)]
    assert TextLog.recognises("\n".join(rows).encode()) == 0
    assert sum(searched) <= len(rows)


def test_a_dialogue_below_a_long_dump_is_found() -> None:
    rows = [
        f"{start:04x}: {pseudo_random(4000)[start : start + 16].hex(' ')}"
        for start in range(0, 3000, 16)
    ]
    log = [f"> {ASK}", f"< {TELL}"] * 100
    assert TextLog.recognises("\n".join([*rows, *log]).encode()) > 0
