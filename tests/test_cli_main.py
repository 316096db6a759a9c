# SPDX-License-Identifier: MIT
"""The command line: what it prints, the keys of its JSON, its exit codes, and that a wrong call is one line."""

from __future__ import annotations

import io
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from test_secrets import PAN, SELECTED, Run, command, pin_block, read_record, tlv
from test_secrets import run as run  # a fixture

import cardlib
from cardlib import RULES
from cardlib.cli import main as cli
from cardlib.cli import show

ROOT = Path(__file__).resolve().parent.parent
GPO = ("80A8000002830000", tlv("77", tlv("82", "1C00") + tlv("94", "08010100")) + "9000")
LINES = (*SELECTED, *GPO, *read_record(1, tlv("70", tlv("5A", PAN))))
WITH_PIN = (*LINES, command("00200080", pin_block("1234")), "9000")
CAPTURE_KEYS = ["schema", "file", "format", "problems", "sessions"]
SESSION_KEYS = ["index", "atr", "interface", "clock", "started", "exchanges"]
EXCHANGE_KEYS = [
    "index",
    "channel",
    "command",
    "response",
    "sw",
    "protocol",
    "name",
    "application",
    "start_ns",
    "end_ns",
    "duration_ns",
    "problems",
]
FINDING_KEYS = ["rule", "severity", "verdict", "title", "detail", "source", "count", "evidence"]
OWN = """
from cardlib.rules import Result, rule
@rule("OWN", "critical", "own", "me")
def own(case):
    "Always."
    yield Result("fail", "always")
RULES = [own]
"""

NOTHING = "nothing found; what is hidden is not searched (--reveal)\n"


def log(folder: Path, *lines: str, name: str = "log.txt") -> str:
    file = folder / name
    file.write_text(
        "\n".join(f"{'><'[i % 2]} {line}" for i, line in enumerate(lines) if line), "utf-8"
    )
    return str(file)


def test_show_json(run: Run, tmp_path: Path) -> None:
    file = log(tmp_path, *LINES, "00B2010C00", "01")
    code, out, err = run("show", "--json", file)
    data = json.loads(out)
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert list(data) == CAPTURE_KEYS and list(data["sessions"][0]) == SESSION_KEYS
    exchanges = data["sessions"][0]["exchanges"]
    assert [list(row) for row in exchanges] == [EXCHANGE_KEYS] * 4
    assert (data["schema"], data["file"], data["format"], data["problems"]) == (
        1,
        file,
        'hex pairs: ">" are commands, 4 of 4; "<" are answers, 4 of 4',
        [],
    )
    assert [row["index"] for row in exchanges] == [0, 1, 2, 3] and data["sessions"][0][
        "atr"
    ] is None
    record = exchanges[2]
    assert record["response"] == "700A5A08476173******01199000" and record["sw"] == "9000"
    assert (record["name"], record["application"], record["channel"]) == ("READ RECORD", "emv", 0)
    assert (record["start_ns"], record["problems"]) == (None, [])
    assert exchanges[3]["sw"] is None and exchanges[3]["problems"] == [
        "an answer of fewer than two bytes"
    ]


def test_show_json_with_halves_missing_and_problems(run: Run, tmp_path: Path) -> None:
    file = log(tmp_path, "00A4040000", "", "00B2010C00", "90 0")
    data = json.loads(run("show", "--json", file)[1])
    assert data["sessions"][0]["exchanges"][0]["response"] is None
    assert [list(row) for row in data["problems"]] == [["kind", "detail", "place", "quote"]]
    assert data["problems"][0]["place"] == "line 3"
    assert data["problems"][0]["quote"] == "< ** *"
    alone = tmp_path / "alone.txt"
    alone.write_text("< 6A82\n< 9000\n", "utf-8")
    first = json.loads(run("show", "--json", str(alone))[1])["sessions"][0]["exchanges"][0]
    assert (first["command"], first["response"], first["sw"]) == (None, "6A82", "6A82")


def test_show_json_nodes_and_frames(run: Run, tmp_path: Path) -> None:
    file = log(tmp_path, *LINES)
    row = json.loads(run("show", "--json", "--nodes", "--frames", file)[1])["sessions"][0][
        "exchanges"
    ][2]
    assert list(row) == [*EXCHANGE_KEYS, "nodes", "frames"]
    node = next(node for node in row["nodes"] if node["tag"] == "5A")
    assert list(node) == [
        "side",
        "path",
        "tag",
        "name",
        "start",
        "end",
        "value",
        "text",
        "note",
        "error",
        "ref",
        "checked",
    ]
    assert (node["path"], node["start"], node["end"], node["value"]) == (
        "70/5A",
        2,
        12,
        "476173******0119",
    )
    assert row["frames"][0] == {
        **{
            "index": 4,
            "from": "reader",
            "kind": "apdu",
            "data": "00B2010C00",
            "time_ns": None,
            "unit": 5,
        }
    }
    assert row["frames"][1]["data"] == row["response"]
    plain = json.loads(run("show", "--json", "--reveal", file)[1])["sessions"][0]["exchanges"][2]
    assert list(plain) == EXCHANGE_KEYS and PAN in plain["response"]


def test_show_text(run: Run, tmp_path: Path) -> None:
    file = log(tmp_path, *LINES)
    code, out, _ = run("show", file)
    assert code == 0 and out.split("\n")[3].startswith("  => Visa credit or debit: read only")
    assert sum(" READ RECORD " in row for row in out.split("\n")) == 1
    tree = run("show", "--nodes", file)[1]
    assert (
        "5A Application primary account number (PAN)  476173******0119" in tree and "  => " in tree
    )
    assert PAN in run("show", "--nodes", "--reveal", file)[1]
    code, out, _ = run("show", "--exchange", "2", file)
    assert code == 0 and "\n    2  READ RECORD" in out and "=>" not in out
    assert run("show", "--exchange", "99", file)[:2] == (
        1,
        "no exchange 99: there are 3, from 0 on\n",
    )
    assert run("show", file, file)[1].count("hex pairs, 3 exchanges") == 2


def test_show_tells_what_opened_a_session(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_text(
        "ATR: 3B 65 00 00 1B 5B 33 31 6D\n> 00B2010C00\n< 6A83\nATR: 3B 04 41\n> 00B2020C00\n< 6A83\n",
        "utf-8",
    )
    first = [
        "session 0: contact microprocessor card, T=0, clock none, 1 exchange",
        "      ATR  (contact microprocessor card, T=0)",
        "        TS  3B  = direct convention",
        "        T0  65  = interface bytes TB1, TC1; historical bytes 5",
        "        TB1  00",
        "        TC1  00  = extra guard time 0",
        "        historical bytes  1B5B33316D",
    ]
    second = [
        "session 1: unknown card (4 historical bytes announced, 1 here), clock none, 1 exchange",
        "      ATR  !! 4 historical bytes announced, 1 here",
    ]
    out = run("show", "--nodes", str(file))[1]
    assert "\n".join(first) in out and "\n".join(second) in out
    assert "ATR  (" not in run("show", str(file))[1]
    out = run("show", "--exchange", "1", str(file))[1].split("\n")
    assert out[0] == second[0] and out[1].startswith("    1  READ RECORD")
    radio = str(ROOT / "tests/samples/proxmark3_list.txt")
    assert "TL  05  = length 5" in run("show", "--nodes", radio)[1]


def test_show_phases(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("show", "--phases", log(tmp_path, *LINES))
    assert code == 0 and out.startswith("=> Visa credit or debit: read only")
    assert (
        "\n 3 read application data\n" in out and "\n12 issuer scripts\n" in out and PAN not in out
    )
    plain = run("show", "--phases", log(tmp_path, "00B0000004", "6A82"))[1]
    assert plain.startswith(
        "=> card without a selected application: the current file not read: file or "
    )


def test_show_phases_with_keys(run: Run, tmp_path: Path) -> None:
    trace, value = (
        str(ROOT / "traces" / "contact_purchase.card.jsonl"),
        "00112233445566778899AABBCCDDEEFF",
    )
    keys = tmp_path / "mine.toml"
    keys.write_text(f'[[key]]\nuse = "imk-ac"\nvalue = "{value}"\nnote = "made up"\n', "utf-8")
    code, out, _ = run("show", "--phases", "--keys", str(keys), trace)
    assert code == 0 and "computed again, with your keys, then the shipped public keys" in out
    assert "   ok cryptogram TC: verified, " in out and value not in out.replace(" ", "")
    keys.write_text("[[key]]\n", "utf-8")
    code, out, err = run("show", "--phases", "--keys", str(keys), trace)
    assert (code, out, err.count("\n")) == (2, "", 1) and str(keys) in err


def test_show_prints_every_exchange(run: Run, tmp_path: Path) -> None:
    out = run("show", log(tmp_path, *("00B2010C00", "6A83") * 300))[1]
    assert sum(" READ RECORD " in row for row in out.split("\n")) == 300


@pytest.mark.parametrize("columns", [30, 60, 100, 200])
def test_a_terminal_gets_folded_lines_and_a_hint(
    run: Run, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout.__class__, "isatty", lambda self: True, raising=False)
    trace = str(ROOT / "traces/contact_purchase.card.jsonl")
    for arguments in (
        ("show",),
        ("show", "--nodes"),
        ("show", "--phases"),
        ("show", "--exchange", "12"),
        ("check",),
    ):
        out = run(*arguments, trace)[1]
        assert max(map(len, out.split("\n"))) <= max(columns, 40)
        assert ("next: show --exchange N" in out) == (arguments[-1] in ("show", "--nodes"))


def test_show_stream(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "log.card.jsonl"
    rows = ['{"card_capture": 1}', '{"session": 0, "clock": "host"}', "{broken"]
    for sender, kind, data in (
        ("card", "atr", "3B00"),
        ("reader", "apdu", "00A4040000"),
        ("card", "apdu", "9000"),
    ):
        rows.append(json.dumps({"t": 5, "from": sender, "kind": kind, "data": data}))
    file.write_text("\n".join(rows), "utf-8")
    code, out, _ = run("show", "--stream", str(file))
    assert code == 0
    assert [row.split()[0] for row in out.splitlines()] == ["!!", "session", "card", "0"]


def test_show_shipped_trace_in_clear(run: Run) -> None:
    trace = str(ROOT / "traces" / "contact_purchase.card.jsonl")
    assert "4761739001010119" in run("show", "--nodes", trace)[1]
    assert "4761739001010119" in str(run("find", "5A", trace)[1])


def test_find(run: Run, tmp_path: Path) -> None:
    file = log(tmp_path, *LINES)
    code, out, _ = run("find", "5A", file)
    assert code == 0 and "70/5A" in out and "476173******0119" in out
    assert run("find", "5a 5a 5a", file)[:2] == (1, NOTHING)
    code, out, _ = run("find", "account number", file, file)
    assert code == 0 and out.count(f"{file}:") == 2
    assert run("find", PAN, file, "--reveal")[1].count(PAN) == 1


def test_check_json(run: Run, tmp_path: Path) -> None:
    file = log(tmp_path, *WITH_PIN)
    code, out, _ = run("check", "--json", file)
    data = json.loads(out)
    assert code == 1 and list(data) == ["findings"]
    assert {tuple(row) for row in data["findings"]} == {tuple(FINDING_KEYS)}
    told = [(row["rule"], row["verdict"]) for row in data["findings"]]
    assert told[:2] == [("E33", "fail"), ("E01", "fail")] and ("X0", "pass") in told
    assert {rule for rule, _ in told} == {one.id for one in RULES}
    assert data["findings"][0]["evidence"] == [
        {"file": file, "exchange": 3, "side": "command", "start": 5, "end": 13}
    ]


def test_check_text_puts_what_is_urgent_first(run: Run, tmp_path: Path) -> None:
    file = log(tmp_path, *WITH_PIN)
    code, out, _ = run("check", file)
    rows = out.splitlines()
    assert code == 1 and [row.split()[:3] for row in rows[:2]] == [
        ["FAIL", "high", "E33"],
        ["FAIL", "medium", "E01"],
    ]
    assert out.startswith(
        "FAIL             high     E33   PIN in clear on the wire: VERIFY sends a plaintext PIN block;"
    )
    assert rows[0].endswith("[exchange 3 command 5..13]")
    assert sum(row.startswith(("PASS", "NOT-APPLICABLE")) for row in rows) == 2
    assert len(run("check", "--all", file)[1].splitlines()) >= len(RULES)


def test_check_judges_several_captures_together(run: Run, tmp_path: Path) -> None:
    one, two = log(tmp_path, *WITH_PIN), tmp_path / "other.txt"
    two.write_text(Path(one).read_text("utf-8"), "utf-8")
    rows = run("check", one, str(two))[1].splitlines()
    assert rows[0].endswith(f"in {one}") and rows[1].endswith(f"in {two}")
    assert (
        run("check", "--both-sides", "--all", one, str(two))[1].count(
            "changed: nothing; 0 exchanges"
        )
        == 1
    )


@pytest.mark.parametrize(
    ("lines", "limit", "code"),
    [
        (WITH_PIN, None, 1),
        (WITH_PIN, "high", 1),
        (WITH_PIN, "critical", 0),
        (LINES, None, 0),
        (LINES, "medium", 1),
        (("00A4040000", "9000"), "info", 0),
    ],
)
def test_check_exit_code(
    run: Run, tmp_path: Path, lines: tuple[str, ...], limit: str | None, code: int
) -> None:
    file = log(tmp_path, *lines)
    assert run("check", file, *(["--fail-on", limit] if limit else []))[0] == code


def test_check_with_own_rules(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(OWN, "utf-8")
    code, out, _ = run("check", "--rules", str(own), log(tmp_path, "00A4040000", "9000"))
    assert code == 1 and out.startswith("FAIL             critical OWN ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "FileNotFoundError"),
        ("RULES = [1]", "RULES is not a list of rules"),
        ("", "RULES is not a list of rules"),
        ("def", "SyntaxError: "),
        ("1/0", "ZeroDivisionError: "),
    ],
)
def test_own_rules_that_do_not_load(run: Run, tmp_path: Path, text: str | None, told: str) -> None:
    own = tmp_path / "own.py"
    if text is not None:
        own.write_text(text, "utf-8")
    code, out, err = run("check", "--rules", str(own), log(tmp_path, "00A4040000", "9000"))
    assert (code, out, err.count("\n")) == (2, "", 1) and told in err


def test_convert(run: Run, tmp_path: Path) -> None:
    file, out = log(tmp_path, *LINES), tmp_path / "out.card.jsonl"
    assert run("convert", file, "-o", str(out))[:2] == (0, f"6 frames written to {out}\n")
    assert [e.command for e in cardlib.read(out).exchanges].count(None) == 0
    code, _, err = run("convert", str(out), "-o", str(out))
    assert code == 2 and "name another file" in err and err.count("\n") == 1
    assert run("convert", file, "-o", str(tmp_path / "no" / "x"))[0] == 2
    assert run("convert", file, "-o", str(out), "--to", "csv")[:2] == (
        0,
        f"3 rows written to {out}\n",
    )
    alone = log(tmp_path, "00B2010C00")
    told = f"0 packets written to {out}\n1 exchanges have no T=0 unit and were left out\n"
    assert run("convert", alone, "--format", "hex pairs", "-o", str(out), "--to", "gsmtap")[:2] == (
        0,
        told,
    )


def test_own_dictionary_and_named_format(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[meta]\ntitle = "mine"\nref = "me"\n[DF7F]\nname = "My very own tag"\n', "utf-8"
    )
    file = log(tmp_path, *SELECTED, *read_record(1, tlv("70", tlv("DF7F", "0102"))))
    out = run("show", "--nodes", "--dictionary", str(own), "--format", "hex pairs", file)[1]
    assert "DF7F My very own tag  0102" in out
    code, _, err = run("show", "--dictionary", str(tmp_path / "none.toml"), file)
    assert (code, err.count("\n")) == (2, 1)


@pytest.mark.parametrize("verb", ["show", "check", "find"])
def test_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    data = "\n".join(f"{'><'[i % 2]} {line}" for i, line in enumerate(WITH_PIN)).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    code, out, _ = run(verb, *(["5A"] if verb == "find" else []), "-")
    assert code == (1 if verb == "check" else 0) and ("READ RECORD" in out or "E33" in out)


def test_standard_input_may_be_binary_and_converted(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = b"> 00A4040000 // \xff\xfe\n< 9000\n"
    for arguments in (("show", "-", "--stream"), ("convert", "-o", str(tmp_path / "x.card.jsonl"))):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert run(*arguments)[0] == 0


WRONG = {
    "no command": (),
    "unknown command": ("explode",),
    "no file": ("show",),
    "unknown option": ("show", "--colour", "x"),
    "unknown format": ("show", "--format", "tape", "x"),
    "no number": ("show", "--exchange", "x", "y"),
    "unknown severity": ("check", "--fail-on", "some", "x"),
    "no output": ("convert", "x"),
    "file that is not there": ("show", "not-there.txt"),
    "folder": ("show", "."),
    "hostile name": ("show", "a\n\x1b[31mb\u202e"),
    "file with a NUL": ("show", "a\x00b"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_call_is_one_line(run: Run, what: str) -> None:
    code, out, err = run(*WRONG[what])
    assert (code, out) == (2, "")
    assert (
        err.startswith("cardlib: ")
        and err.count("\n") == 1
        and "\x1b" not in err
        and "\u202e" not in err
    )


def test_unreadable_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.bin"
    file.write_bytes(bytes(range(200, 256)))
    for verb in ("show", "check"):
        code, out, err = run(verb, str(file))
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "no capture format that is known" in err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for option, told in (("--version", f"cardlib {cardlib.__version__}"), ("--help", "show")):
        with pytest.raises(SystemExit) as done:
            cli.main([option])
        assert done.value.code == 0 and told in capsys.readouterr().out


def process(*arguments: str, encoding: str = "utf-8") -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    words = [sys.executable, "-m", "cardlib.cli", *arguments]
    return subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )


def test_the_module_is_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["cardlib", "show", "not-there.txt"])
    monkeypatch.delitem(sys.modules, "cardlib.cli")
    with pytest.raises(SystemExit) as done:
        runpy.run_module("cardlib.cli", run_name="__main__")
    assert done.value.code == 2 and capsys.readouterr().err.startswith("cardlib: not-there.txt")


@pytest.mark.parametrize("pairs", [1500, pytest.param(3000, marks=pytest.mark.long)])
def test_broken_pipe_is_no_error(pairs: int, tmp_path: Path) -> None:
    running = process("show", "--nodes", log(tmp_path, *("00B2010C00", "6A83") * pairs))
    assert running.stdout and running.stderr
    running.stdout.readline()
    running.stdout.close()
    assert (running.stderr.read(), running.wait()) == (b"", 0)
    running.stderr.close()


def test_broken_pipe_in_process(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def closed(*_: object) -> None:
        raise BrokenPipeError

    moved: list[tuple[int, int]] = []
    monkeypatch.setattr(show, "out", closed)
    monkeypatch.setattr(os, "dup2", lambda a, b: moved.append((a, b)))
    monkeypatch.setattr(sys, "stdout", open(tmp_path / "out", "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    assert cli.main(["show", log(tmp_path, *LINES)]) == 0 and len(moved) == 1


def test_a_terminal_that_cannot_show_a_letter(tmp_path: Path) -> None:
    label = "漢字".encode("latin-1", "ignore").hex() + "E9E9"
    inner = tlv("84", "A0000000031010") + tlv("A5", tlv("50", label))
    running = process(
        "show", "--nodes", log(tmp_path, SELECTED[0], tlv("6F", inner) + "9000"), encoding="ascii"
    )
    out, err = running.communicate()
    assert (running.returncode, err) == (0, b"") and rb"\xe9\xe9" in out
