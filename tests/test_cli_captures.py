# SPDX-License-Identifier: MIT
"""What a command is called with: hints about lines, standard input, and large files, which are read in part."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from test_cli_main import ROOT, log
from test_secrets import PAN, Run
from test_secrets import run as run  # a fixture

import cardlib
from cardlib.cli import find as cli_find
from cardlib.cli import show
from cardlib.cli.captures import Input
from cardlib.core.model import Coverage
from cardlib.formats import BY_HINTS
from cardlib.road.opening import Beginning
from cardlib.show.opening import MORE

EXCHANGE = ("00B2010C00", "6A83")
READ = f"> 00B2010C0C\n< 700A5A08{PAN}9000\n"


def paste(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that counts as large: three sessions of 60 exchanges, the record in the last of them."""
    monkeypatch.setattr(show, "LARGE", 1000)
    monkeypatch.setattr(cli_find, "LARGE", 0)
    session = "ATR: 3B 65 00 00 20 63 CB 6A 00\n" + "> 00B2010C00\n< 6A83\n" * 60
    file = tmp_path / "large.txt"
    file.write_text(session * 3 + READ, "utf-8")
    return file


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Beginning]:
    """The beginnings that were read instead of the file."""
    beginnings = []

    def beginning(*arguments: Any) -> Beginning:
        beginnings.append(Beginning(*arguments))
        return beginnings[-1]

    monkeypatch.setattr(show, "Beginning", beginning)
    return beginnings


def test_hints_reach_the_reader(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def choose(*arguments: Any) -> Any:
        seen.append(arguments[2:])
        return BY_HINTS

    monkeypatch.setattr("cardlib.road.pipeline.choose", choose)
    file = log(tmp_path, *EXCHANGE)
    hints = ("--to-card", "term", "--from-card", "chip", "--to-card", "终端")
    for command in (("show",), ("show", "--stream"), ("find", "9000"), ("check",)):
        run(*command, *hints, file)
    run("compare", *hints, file, file)
    for command in ("report", "redact", "convert"):
        run(command, *hints, file, "-o", str(tmp_path / "out"))
    assert {(name, given.to_card, given.from_card) for name, given in seen if given} == {
        (None, ("term", "终端"), ("chip",))
    }
    assert len(seen) >= 10


class Learned:
    """A format that says what it learned when it has read all."""

    NAME = "text"
    CLOCK = "none"
    PROVEN = True
    learned = ""

    def frames(self, file: BinaryIO, coverage: Coverage) -> Iterator[Any]:
        yield from BY_HINTS.frames(file, coverage)
        self.learned = "`<\x1b[31m` comes from the card, 1 of 1"


def test_what_was_learned_is_said(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cardlib.road.pipeline.choose", lambda *_: Learned())
    file = log(tmp_path, *EXCHANGE)
    learned = r"  read as: `<\x1B[31m` comes from the card, 1 of 1"
    rows = run("show", file)[1].splitlines()
    assert rows[0].endswith(": text, 1 exchange in 1 session") and rows[1] == learned
    assert run("show", "--stream", file)[1].splitlines()[-1] == learned
    assert json.loads(run("show", "--json", file)[1])["format"].startswith("text: `<")
    assert cardlib.read(file).format.endswith("1 of 1")


def test_hints_in_python(tmp_path: Path) -> None:
    text = "> 00B2010C00\n< 6A83\n"
    file = tmp_path / "log"
    file.write_text(text, "utf-8")
    assert len(cardlib.read(file, to_card=">", from_card=["<", "<<"]).exchanges) == 1
    assert len(cardlib.read_text(text, to_card=[">"]).exchanges) == 1
    assert len(list(cardlib.stream(file, from_card="<"))) == 2


@pytest.mark.parametrize(
    ("hints", "reason"),
    [
        (("--to-card", ""), "never empty ones"),
        (("--to-card", "x", "--from-card", "x"), "both to the card and from it"),
        (("--to-card", "x", "--format", "scsniff"), "not for scsniff"),
    ],
)
def test_hints_that_say_nothing(
    run: Run, tmp_path: Path, hints: tuple[str, ...], reason: str
) -> None:
    code, out, err = run("show", *hints, log(tmp_path, *EXCHANGE))
    assert (code, out, err.count("\n")) == (2, "", 1) and reason in err


def test_standard_input_is_read_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    paste(monkeypatch, READ.encode())
    assert run("compare", "-", "-")[0] == 2
    code, out, err = run("find", "5A08", "-")
    assert code == 0 and out.count("READ RECORD") == 1 and err == ""


def test_a_terminal_is_told_to_paste(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    paste(monkeypatch, READ.encode())
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    code, out, err = run("show", "-")
    assert code == 0 and "READ RECORD" in out and "Ctrl-D" in err


@pytest.mark.parametrize("data", [b"", b"\0" * 99, b"\xff\xfe\x00\xd8" * 9, b"\x1b]0;title\x07\n"])
def test_hostile_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    paste(monkeypatch, data)
    code, out, err = run("show", "-")
    assert (code, out) == (2, "") and "\x1b" not in err and "\0" not in err


def test_a_file_as_standard_input_can_be_read_again(tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_text(READ, "utf-8")
    words = [sys.executable, "-m", "cardlib.cli", "find", "5A08", "-"]
    with file.open("rb") as stdin:
        done = subprocess.run(words, stdin=stdin, capture_output=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout.count(b"READ RECORD"), done.stderr) == (0, 1, b"")


def test_the_first_screen_of_a_large_file(run: Run, large: Path, counted: list[Beginning]) -> None:
    code, out, err = run("show", str(large))
    rows = out.splitlines()
    assert code == 0 and rows[0].endswith("hex pairs, 60 exchanges in 1 session")
    assert rows[1] == "  !! a file of 0.0 MB: only its beginning was read, 1 session"
    assert sum("READ RECORD" in row for row in rows) == 50
    assert rows[-1].strip() == MORE and err.endswith(f"{MORE}\n")
    assert len(counted) == 1


def test_a_large_paste_is_the_same(run: Run, large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paste(monkeypatch, large.read_bytes())
    rows = run("show", "-")[1].splitlines()
    assert (
        rows[0].startswith("(text): ") and rows[1:] == run("show", str(large))[1].splitlines()[1:]
    )


def test_a_packed_file_is_larger_than_it_looks(
    run: Run, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = large.with_suffix(".gz")
    packed.write_bytes(gzip.compress(large.read_bytes()))
    monkeypatch.setattr(show, "LARGE", packed.stat().st_size)
    assert "only its beginning was read" in run("show", str(packed))[1]
    plain = log(large.parent, *EXCHANGE * 4)
    monkeypatch.setattr(show, "LARGE", Path(plain).stat().st_size)
    assert "only its beginning was read" not in run("show", plain)[1]


@pytest.mark.parametrize("option", ["--all", "--json", "--phases", "--stream"])
def test_all_of_a_large_file(run: Run, large: Path, counted: list[Beginning], option: str) -> None:
    code, out, err = run("show", option, str(large))
    assert (code, err, counted) == (0, "", []) and MORE not in out
    if option != "--phases":
        assert out.count("READ RECORD") == 181


def test_an_output_file_gets_all(
    run: Run, large: Path, counted: list[Beginning], monkeypatch: pytest.MonkeyPatch
) -> None:
    with (large.parent / "out").open("w", encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stdout", file)
        show.run(show_options(str(large)))
    assert counted == [] and (large.parent / "out").read_text("utf-8").count("READ RECORD") == 181


def show_options(*words: str) -> Any:
    from cardlib.cli.main import _parser

    return _parser().parse_args(["show", *words])


def test_an_exchange_of_a_large_file_is_read_as_far_as_it_is(
    run: Run, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = []

    def items(self: Input, options: Any) -> Iterator[Any]:
        for item in original(self, options):
            numbers.append(getattr(item, "index", None))
            yield item

    original = Input.items
    monkeypatch.setattr(Input, "items", items)
    code, out, _ = run("show", "--exchange", "61", str(large))
    assert code == 0 and numbers[-1] == 61 and out.splitlines()[0].startswith("session 1: ")
    assert run("show", "--exchange", "999", str(large))[:2] == (
        1,
        "no exchange 999: there are 181, from 0 on\n",
    )


def test_the_secrets_of_a_large_file_are_hidden(run: Run, large: Path) -> None:
    large.write_text(READ * 200, "utf-8")
    for arguments in (("show", "--nodes"), ("show", "--exchange", "0"), ("find", "5A")):
        assert PAN not in run(*arguments, str(large))[1]
        assert PAN in run(*arguments, str(large), "--reveal")[1]


def test_find_prints_each_place_before_it_reads_on(
    run: Run, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = []

    def items(self: Input, options: Any) -> Iterator[Any]:
        for item in original(self, options):
            events.append("read")
            yield item

    original = Input.items
    monkeypatch.setattr(Input, "items", items)
    monkeypatch.setattr(cli_find, "out", lambda rows: events.append("print"))
    large.write_text(READ * 3, "utf-8")
    assert run("find", "5A", str(large))[0] == 0
    assert events == ["read", "read", "print", "read", "print", "read", "print"]


def test_a_secret_is_hidden_where_it_comes_again_in_a_large_file(run: Run, large: Path) -> None:
    again = f"> 00CB000002DF7F\n< DF7F08{PAN}9000\n"
    large.write_text(READ + again * 60, "utf-8")
    for arguments in (("find", "data"), ("show", "--exchange", "1")):
        code, out, _ = run(*arguments, str(large))
        assert (code, PAN in out, "*" * 6 in out) == (0, False, True), out


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO here")
def test_what_is_no_capture_is_refused_without_waiting(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty").write_bytes(b"")
    for name in ("fifo", "empty", ".", "a\x1b]0;title\x07"):
        for verb in (("show",), ("find", "5A"), ("check",), ("show", "--stream")):
            code, out, err = run(*verb, str(tmp_path / name))
            assert (code, out, err.count("\n")) == (2, "", 1) and "\x1b" not in err


def test_hints_overrule_marks_and_words_that_nobody_knows() -> None:
    ask, tell = "00A4040007A000000003101000", "6F098407A00000000310109000"
    turned = f"< {ask}\n> {tell}\n"
    (exchange,) = cardlib.read_text(turned, to_card="<", from_card=">").exchanges
    assert exchange.command and exchange.response
    assert exchange.command.raw.hex().upper() == ask
    assert exchange.response.raw.hex().upper() == tell
    words = f"12:00:01 Zorb: {ask}\n12:00:02 Quax: {tell}\n"
    (exchange,) = cardlib.read_text(words, to_card="Zorb", from_card="Quax").exchanges
    assert exchange.command and exchange.command.raw.hex().upper() == ask
    capture = cardlib.read_text("Zorb 00A4 0G\nQuax 9000\n", to_card="Zorb", from_card="Quax")
    assert [problem.kind for problem in capture.problems] == ["unreadable line"]
