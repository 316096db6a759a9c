# SPDX-License-Identifier: MIT
"""Whole logs as people paste them, damaged ones first: what is read, and what is said of the rest."""

from __future__ import annotations

import pytest

import cardlib

SELECT, FCI = "00A4040007A0000000031010", "6F098407A00000000310109000"
READ, RECORD = "00B2010C00", "70035A01129000"
Pair = tuple[str | None, str | None]


def pairs(text: str) -> list[Pair]:
    capture = cardlib.read_text(text)
    return [
        (
            exchange.command and exchange.command.raw.hex().upper(),
            exchange.response and exchange.response.raw.hex().upper(),
        )
        for exchange in capture.exchanges
    ]


def lines_with_problems(text: str) -> set[int]:
    return {problem.unit for problem in cardlib.read_text(text).problems}


LAST = f"> {READ}\n< {RECORD}\n> {SELECT}\n< {FCI}\n"
DAMAGED = {  # each in its first line or two; the line that is said to be wrong
    "a letter in a status word in backticks": (
        f"- **C** `{SELECT}`\n- **R** `90 O0`\n- **C** `{READ}`\n- **R** `6A 83`\n"
        f"- **C** `{SELECT}`\n- **R** `{FCI}`\n",
        2,
    ),
    "half a byte in front of the other half": (
        "> 00:A4:04:00:02:3F:0 | < 90:00\n> 00:B2:01:0C:00 | < 6A:83\n> 00:B2:02:0C:00 | < 90:00\n",
        1,
    ),
    "a letter in front of the other half": (
        "80,CA,9F,7F,0O → 6A,88\n00,B2,01,0C,00 → 6A,83\n00,B2,02,0C,00 → 6A,83\n",
        1,
    ),
    "half a byte in front of a slash": (
        f"805C00010 / 8000164E9000\n{READ} / 6A83\n{SELECT} / {FCI}\n",
        1,
    ),
    "half a byte in front of a status word": (
        f"接收：08 09 10 1 SW: 9000\n发送：{READ}\n接收：70 03 5A 01 12 SW: 9000\n"
        f"发送：{SELECT}\n接收：SW: 6A82\n",
        1,
    ),
    "half a byte in front of the text of a dump": (
        "out\n00 A4 04 00 02 3F 00              |.....?.|\nin\n6A 8                               |j.|\n"
        "out\n00 B2 01 0C 00                    |.....|\nin\n6A 83                              |j.|\n"
        "out\n00 B2 02 0C 00                    |.....|\nin\n6A 83                              |j.|\n",
        4,
    ),
    "a label that announces more": (
        "".join(
            f"write [5]:\n00 B2 0{n} 0C 00\nread [9]:\n70 05 5A 03 11 22 33 90 00\n" for n in "12"
        )
        + "write [5]:\n00 B2 03 0C 00\nread [24]:\n70 14 5A 03 11 22 33 44\n",
        12,
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_said(name: str) -> None:
    text, line = DAMAGED[name]
    assert line in lines_with_problems(text)


def test_an_answer_that_a_tree_tells_again_is_one() -> None:
    tree = "6F 09 -- FCI Template\n  84 07 -- DF Name\n    A0 00 00 00 03 10 10 (BINARY)\n90 00 -- OK\n"
    text = f"> {SELECT}\n< {FCI}\n{tree}> {READ}\n< {RECORD}\n"
    assert pairs(text) == [(SELECT, FCI), (READ, RECORD)]


def test_bytes_behind_the_word_reader_are_no_slot() -> None:
    text = f"[Reader] -> {SELECT}0201\n[Reader] <- 6A82\n[Reader] -> {READ}\n[Reader] <- {RECORD}\n"
    assert pairs(text)[1] == (READ, RECORD)
    spaced = "[Reader] -> 00 A4 04 00 04 C3 1F 02 01\n[Reader] <- 6A 82\n"
    assert pairs(spaced * 2)[0] == ("00A4040004C31F0201", "6A82")


READ_WHOLE = {
    "a procedure byte of letters": "> 00CB3FFF03\n< CB(INS)\n> 5C017E\n< 6D00\n",
    "a clock in front of a bracket": f"10:08:47,[Kirim]: {SELECT}\n10:08:47,[Terima]: {FCI}\n"
    f"10:08:47,[Kirim]: {READ}\n10:08:47,[Terima]: 6A83\n",
    "the same second in front of all": f"05:31:19,{SELECT}\n05:31:19,{FCI}\n05:31:19,{READ}\n05:31:19,6A83\n",
    "an identifier in front": f"Tag discovered: IsoDep, UID 04 A1 B2 C3 D4 E5 80\n{LAST}",
    "the slot of a reader in front": f"Using reader Example Reader 00 00\n{SELECT}\n{FCI}\n{READ}\n6A83\n",
    "a process in brackets": "".join(
        f"12-06 06:16:23.0{n} D/apdu( 6748): {half}\n"
        for n, half in zip(
            range(10, 50, 10),
            (f">>>: {SELECT}", f"<<<: {FCI}", f">>>: {READ}", "<<<: 6A83"),
            strict=True,
        )
    ),
    "signs in front of all": f"### Sent: {SELECT}, ### Got: {FCI}\n### Sent: {READ}, ### Got: 6A83\n",
    "data and status word told together": f"w {SELECT}\n  buffer: {SELECT}\nr {FCI[:-4]} SW 9000\n  buffer: {FCI}\n"
    f"w {READ}\n  buffer: {READ}\nr SW 6A83\n  buffer: 6A83\n",
    "one byte behind its count": "Vesb (5 bytes): 0070000001\nTul (3 bytes): 01  /* OK */\nStatus: 9000\n"
    f"Vesb (12 bytes): {SELECT}\nTul (13 bytes): {FCI}\n",
    "decimal digits in quotes": f'cmd\trsp\tsw\n"0070000001"\t"019000"\t9000\n"{SELECT}"\t"{FCI}"\t9000\n',
    "headings of fields": "### A:\n CLA: 00\n INS: B2\n P1: 01\n P2: 0C\n"
    "### B:\n Data: 70035A0112\n SW1: 90\n SW2: 00\n"
    "### A:\n CLA: 00\n INS: CA\n P1: 9F\n P2: 36\n Le: 00\n### B:\n SW1: 6A\n SW2: 83\n",
    "Le in a row of its own": "A\n00A2000113710764656D6F3A\n616C740800000000000000A1\n00\nB\n760506C157CCFC9000\n"
    f"A\n{SELECT}\nB\n{FCI}\n",
}
HALVES = {
    "a procedure byte of letters": [("00CB3FFF035C017E", "6D00")],
    "one byte behind its count": [("0070000001", "019000"), (SELECT, FCI)],
    "decimal digits in quotes": [("0070000001", "019000"), (SELECT, FCI)],
    "headings of fields": [("00B2010C", RECORD), ("00CA9F3600", "6A83")],
    "an identifier in front": [(READ, RECORD), (SELECT, FCI)],
    "Le in a row of its own": [
        ("00A2000113710764656D6F3A616C740800000000000000A100", "760506C157CCFC9000"),
        (SELECT, FCI),
    ],
}


@pytest.mark.parametrize("name", READ_WHOLE)
def test_read_whole(name: str) -> None:
    text = READ_WHOLE[name]
    assert pairs(text) == HALVES.get(name, [(SELECT, FCI), (READ, "6A83")])
    assert not [problem for problem in cardlib.read_text(text).problems if problem.gap]
