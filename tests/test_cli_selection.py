# SPDX-License-Identifier: MIT
"""The options that choose exchanges: --where, --failed, --exchange 48-50, --first; in every command that has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_cli_main import NOTHING, log
from test_secrets import PAN, SELECTED, Run, command, pin_block, read_record, tlv
from test_secrets import run as run  # a fixture

import cardlib
from cardlib.cli import find as cli_find
from cardlib.cli import selection, show
from cardlib.cli.selection import numbers

ABSENT = ("00A4040007A0000000041010", "6A82")
VERIFY = (command("00200080", pin_block("1234")), "63C2")
LINES = (*ABSENT, *SELECTED, *read_record(1, tlv("70", tlv("5A", PAN))), *VERIFY)


@pytest.fixture
def file(tmp_path: Path) -> str:
    return log(tmp_path, *LINES)


@pytest.fixture
def large(file: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(show, "LARGE", 10)
    monkeypatch.setattr(cli_find, "LARGE", 10)
    return file


def shown(output: str) -> list[str]:
    """The numbers of the exchanges that have a line."""
    rows = [line for line in output.splitlines() if line.strip() and "looked at" not in line]
    first_words = [row.split()[0].rstrip("?") for row in rows]
    return [word for word in first_words if word.isdigit()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--where", "sw == 6A82"), ["0"]),
        (("--where", "sw != 9000"), ["0", "3"]),
        (("--failed",), ["0", "3"]),
        (("--failed", "--first", "1"), ["0"]),
        (("--failed", "--where", "command == VERIFY"), ["3"]),
        (("--exchange", "2"), ["2"]),
        (("--exchange", "1-2"), ["1", "2"]),
        (("--exchange", "0,2-3"), ["0", "2", "3"]),
        (("--exchange", "1-99", "--where", "failed"), ["3"]),
        (("--first", "2"), ["0", "1"]),
    ],
)
def test_show_what_is_chosen(
    run: Run,
    file: str,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    expected: list[str],
) -> None:
    code, output, _ = run("show", file, *options)
    assert (code, [n for n in shown(output) if n in "0123"]) == (0, expected)
    code, streamed, _ = run("show", file, "--stream", *options)
    assert (code, [n for n in shown(streamed) if n in "0123"]) == (0, expected)
    monkeypatch.setattr(show, "LARGE", 10)
    assert run("show", file, *options)[:2] == (0, streamed)


def test_exchanges_by_number_are_trees(run: Run, file: str) -> None:
    output = run("show", file, "--exchange", "1-2")[1]
    assert output.count("      command") == output.count("      response") == 2
    assert "4761*" not in output and "476173******0119" in output
    lines = run("show", file, "--where", "n == 1..2")[1]
    assert "      command" not in lines
    assert "2 of 4 exchanges that were looked at" in lines


def test_nothing_that_matches_is_exit_code_1(run: Run, file: str) -> None:
    assert run("show", file, "--where", "n == 9")[0] == 1
    assert run("show", file, "--where", "n == 9")[1].endswith("no exchange matches, of 4\n")
    assert run("show", file, "--exchange", "7-9")[:2] == (
        1,
        "no exchange 7-9: there are 4, from 0 on\n",
    )
    assert run("show", file, "--json", "--where", "n == 9")[0] == 1


def test_json_holds_what_is_chosen(run: Run, file: str) -> None:
    document = json.loads(run("show", file, "--json", "--failed")[1])
    (session,) = document["sessions"]
    assert [exchange["index"] for exchange in session["exchanges"]] == [0, 3]


def test_a_large_file_is_read_no_further_than_the_last_that_is_chosen(run: Run, large: str) -> None:
    assert "1 of 1 exchange that" in run("show", large, "--first", "1")[1]


def test_a_stream_says_what_was_wrong_in_it(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "damaged.log"
    file.write_text("> 00B2010C00\n< 6A83\n> 00\n< 9000\n", "utf-8")
    output = run("show", str(file), "--stream", "--where", "sw == 6A83")[1]
    assert "!! 1 problem in what was read" in output


@pytest.mark.parametrize(
    "command", [("show",), ("find", "84"), ("check",), ("convert", "-o", "out.hex")]
)
def test_a_wrong_filter_is_one_line_with_its_place(
    run: Run, file: str, command: tuple[str, ...]
) -> None:
    name, *rest = command
    code, output, errors = run(name, *rest, file, "--where", "n == 1 and swx == 9000")
    assert (code, output) == (2, "")
    assert errors.startswith('cardlib: filter: character 12 (at: swx == 9000): "swx" is no field:')
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "is no number"),
        ("", "is no number"),
        ("5-3", "ends before it begins"),
        ("-3", "is no number"),
        ("1-", "is no number"),
        ("1,,2", "is no number"),
        (",".join(["1"] * 101), "more than 100 ranges"),
    ],
)
def test_wrong_numbers_are_one_line(run: Run, file: str, text: str, message: str) -> None:
    code, _, errors = run("show", file, f"--exchange={text}")
    assert code == 2 and message in errors and errors.count("\n") == 1
    code, _, errors = run("show", file, "--first", "0")
    assert code == 2 and "no number of exchanges" in errors


def test_numbers() -> None:
    chosen = numbers("48-50,60")
    assert [n for n in range(70) if n in chosen] == [48, 49, 50, 60]
    assert chosen.last == 60


def test_find_in_what_is_chosen(run: Run, file: str) -> None:
    everywhere = run("find", "A000000003", file)[1]
    assert shown(everywhere) == ["1", "1"]
    assert run("find", "A000000003", file, "--where", "n == 2")[:2] == (1, NOTHING)
    assert shown(run("find", "application not found", file, "--failed")[1]) == ["0"]


def test_find_in_what_is_chosen_of_a_large_file(run: Run, large: str) -> None:
    assert shown(run("find", "A000000003", large, "--first", "2")[1]) == ["1", "1"]
    assert run("find", "A000000003", large, "--first", "1")[0] == 1
    assert shown(run("find", "PIN in clear", large, "--where", "finding")[1]) == ["3"]


def test_check_tells_what_the_chosen_exchanges_show(run: Run, file: str) -> None:
    code, output, _ = run("check", file, "--where", "command == VERIFY")
    assert code == 1
    assert "E33" in output and "only what the chosen exchanges show" in output
    code, output, _ = run("check", file, "--where", "n == 0")
    assert code == 0 and "E33" not in output
    document = json.loads(run("check", file, "--json", "--where", "finding == E33")[1])
    assert {finding["rule"] for finding in document["findings"]} >= {"E33"}


def test_convert_what_is_chosen(run: Run, file: str, tmp_path: Path) -> None:
    out = tmp_path / "out.card.jsonl"
    assert run("convert", file, "-o", str(out), "--failed")[0] == 0
    written = cardlib.read(out)
    assert [exchange.response.sw for exchange in written if exchange.response] == [0x6A82, 0x63C2]
    # What stood between is not there any more, and nobody is to take it for all that was said.
    assert [problem.kind for problem in written.problems] == ["left out"]
    assert written[1].context.how == "unknown"


def test_phases_are_explained_whole(run: Run, file: str) -> None:
    code, _, errors = run("show", file, "--phases", "--failed")
    assert code == 2 and "whole payments" in errors


def test_a_search_tells_no_more_than_a_print(run: Run, file: str, large: str) -> None:
    for path in (file, large):
        for expression in (
            f"text ~ {PAN[6:12]}",
            f"bytes ~ {PAN[6:12]}",
            "bytes ~ 1234FF",
            "'1234'",
        ):
            assert run("show", path, "--where", expression)[0] == 1, expression
        for what in (PAN, PAN[6:12], pin_block("1234")):
            assert run("find", what, path)[:2] == (1, NOTHING)
            assert run("find", what, path, "--reveal")[0] == 0


def test_no_option_chooses_all() -> None:
    class Options:
        exchange, failed, where, first = None, False, " ", None

    assert selection.selection_of(Options()) is None  # type: ignore[arg-type]
