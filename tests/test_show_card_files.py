# SPDX-License-Identifier: MIT
"""The files of a card as text: by path, with their uses and content; nothing hidden is shown, nothing escapes."""

from __future__ import annotations

from pathlib import Path

import pytest

import cardlib
from cardlib.cli.main import main
from cardlib.show.card_files import file_tree
from conftest import ROOT

USIM = "00A4040007A0000000871002/9000"
IMSI = "080910100000000010"


def tree(*pairs: str, reveal: bool = False) -> list[str]:
    lines = (f"> {pair.partition('/')[0]}\n< {pair.partition('/')[2]}\n" for pair in pairs)
    return list(file_tree(cardlib.read_text("".join(lines)).exchanges, reveal))


NOTHING = ["no file is selected, read or written in this capture"]
EMPTY = [
    # exchanges about no file
    ("0084000008/11223344556677889000",),
    ("00B0000009/6986",),
    ("00A4000C026F07/6A82",),
    ("80CA9F7F00/6A88",),
]


@pytest.mark.parametrize("pairs", EMPTY)
def test_no_file(pairs: tuple[str, ...]) -> None:
    assert tree(*pairs) == NOTHING


def test_a_file_below_its_application_with_its_content_hidden() -> None:
    lines = tree(USIM, "00A4000C026F07/9000", f"00B0000009/{IMSI}9000")
    assert lines[0] == "A0000000871002 USIM"
    assert lines[1] == "  ADF.USIM: selected in 0"
    name = "EF.IMSI (international mobile subscriber identity)"
    assert lines[2] == f"    6F07 {name}: selected in 1; read in 2"
    assert "001010000000001" not in "".join(lines)


def test_revealed_it_is_shown() -> None:
    lines = tree(USIM, "00A4000C026F07/9000", f"00B0000009/{IMSI}9000", reveal=True)
    assert any("001010000000001" in line for line in lines)


def test_what_was_refused_and_written() -> None:
    read = "00B0000003/62F2109000"
    written = "00D600000362F220/9000"
    lines = tree(USIM, "00A4000C026F7B/9000", "00B0000003/6982", read, written)
    assert lines[2].endswith("selected in 1; refused in 2; read in 3; written in 4")
    assert lines[3].split() == ["network", "62F220", "=", "262-02"]


def test_a_read_without_a_status_word_is_not_called_refused() -> None:
    unanswered = "> 00B0000003\n> 00B0000003\n< 62\n"
    text = f"> 00A4000C026F7B\n< 9000\n{unanswered}> 00B0000003\n< 6982\n"
    lines = list(file_tree(cardlib.read_text(text).exchanges, False))
    assert lines[-1].endswith("selected in 0; unanswered in 1, 2; refused in 3")


def test_records_that_look_the_same_stand_together() -> None:
    empty = "FF" * 7 + "9000"
    records = [f"00B20{number}0407/{empty}" for number in (1, 2, 3)]
    first = "00B2040407/62F2100000FFFE019000"
    lines = tree(USIM, "00A4000C026FC6/9000", *records, first)
    assert lines[3] == "      records 1-3: FFFFFFFFFFFFFF  = all FF"
    assert lines[4] == "      record 4"
    assert lines[5].split()[:2] == ["network", "62F210"]


def test_a_file_without_a_row_shows_its_bytes() -> None:
    lines = tree(USIM, "00A4000C026F99/9000", "00B0000002/12349000")
    assert lines[2:] == ["    6F99: selected in 1; read in 2", "      1234"]


def test_text_of_a_card_is_escaped() -> None:
    hostile = "01" + b"\x1b[31m\x0b".hex() + "FF" * 8
    lines = tree(USIM, "00A4000C026F46/9000", f"00B0000011/{hostile}9000")
    assert not any(ord(character) < 32 for line in lines for character in line)


def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    trace = Path(ROOT / "traces" / "sim_boot.pcapng")
    assert main(["show", "--files", str(trace)]) == 0
    shown = capsys.readouterr().out
    assert "2FE2 EF.ICCID (ICC identification): selected in" in shown
    assert "6F38 EF.UST (USIM service table): selected in" in shown


OTHERS = [["--json"], ["--stream"], ["--exchange", "1"], ["--failed"], ["--phases"]]


@pytest.mark.parametrize("option", OTHERS)
def test_a_part_of_a_capture_has_no_tree(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    trace = str(ROOT / "traces" / "sim_boot.pcapng")
    assert main(["show", "--files", *option, trace]) != 0
    assert "--files is about a whole capture" in capsys.readouterr().err
