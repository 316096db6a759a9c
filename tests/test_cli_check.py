# SPDX-License-Identifier: MIT
"""What a caller knows beside the captures: own rules, codes of the terminal, a calibration; a mistake is one line."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from dialogue import lines
from test_secrets import Run
from test_secrets import run as run  # a fixture

import cardlib
from cardlib.cli.own_rules import own_rules
from cardlib.core.errors import CardlibError
from cardlib.measure.timing import overhead

TRACES = Path(__file__).resolve().parent.parent / "traces"

OWN = """
from cardlib.rules import Result, rule

@rule("OWN", "low", "own", "me")
def own(case):
    yield Result("pass", "always")

RULES = [own]
"""


def test_own_rules_are_loaded(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(OWN, "utf-8")
    assert [one.id for one in own_rules(str(file))] == ["OWN"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "FileNotFoundError"),
        ("RULES = []", "RULES is not a list of rules"),
        ("RULES = [1]", "RULES is not a list of rules"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_no_file_of_rules(tmp_path: Path, text: str | None, reason: str) -> None:
    file = tmp_path / "mine.py"
    if text is not None:
        file.write_text(text, "utf-8")
    with pytest.raises(CardlibError, match=reason):
        own_rules(str(file))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("while True: pass", "rule OWN took longer than 0.05 s"),
        ("raise SystemExit(0)", "rule OWN: ends the process"),
        ("1 / 0", "rule OWN: ZeroDivisionError: division by zero"),
        ("yield 7", "rule OWN: TypeError: int is no Result"),
    ],
)
def test_a_rule_that_does_not_behave_is_one_line(
    run: Run, tmp_path: Path, body: str, reason: str
) -> None:
    """However slow the machine is, what never ends takes longer than its budget."""
    seconds = "0.05" if "while" in body else "60"
    file = tmp_path / "mine.py"
    file.write_text(OWN.replace("    yield", f"    {body}\n    yield"), "utf-8")
    trace = str(TRACES / "no_oda.card.jsonl")
    code, out, err = run("check", "--rules", str(file), "--rule-seconds", seconds, trace)
    assert (code, out, err.count("\n")) == (2, "", 1) and reason in err


@pytest.mark.parametrize(
    ("text", "reason"),
    [("while True: pass", "took longer than 0.05 s"), ("raise SystemExit(0)", "ends the process")],
)
def test_a_file_of_rules_that_does_not_behave(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(text, "utf-8")
    with pytest.raises(CardlibError, match=reason):
        own_rules(str(file), 0.05)


def test_the_budget_holds_where_interrupts_are_ignored(tmp_path: Path) -> None:
    """As in a process that a shell put into the background."""
    file = tmp_path / "mine.py"
    file.write_text("while True: pass", "utf-8")
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(CardlibError, match="took longer"):
            own_rules(str(file), 0.05)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, handler)


def test_a_rule_of_ones_own_may_lack_data_or_say_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    lacking = "    from cardlib.rules.engine import enough\n    enough([1], 2, 'things')\n    yield"
    file.write_text(OWN.replace("    yield", lacking), "utf-8")
    trace = str(TRACES / "no_oda.card.jsonl")
    code, out, _ = run("check", "--rules", str(file), trace)
    assert code == 0 and "1 things, at least 2 are needed; not judged: own (OWN)" in out


def test_the_codes_of_the_terminal_decide(run: Run, tmp_path: Path) -> None:
    """The TVR has a bit that no issuer action code has; the terminal asked for ARQC all the same."""
    file = tmp_path / "log.txt"
    file.write_text(
        "\n".join(
            f"{'><'[n % 2]} {one}" for n, one in enumerate(lines(terminal={"95": "0000000080"}))
        )
    )
    told = {}
    for online in ("", "0000000000", "0000000080"):
        codes = ["--tac", f"0000000000,{online},0000000000"] if online else []
        (found,) = [
            row
            for row in run("check", "--all", *codes, str(file))[1].splitlines()
            if " E90 " in row
        ]
        told[online] = found.split()[0]
        page = tmp_path / f"{online}.html"
        assert run("report", *codes, str(file), "-o", str(page))[0] == 0
        phases = run("show", "--phases", *codes, str(file))[1]
        for text in (phases, page.read_text("utf-8")):
            assert ("TAC online" in text) == bool(online) and ("not given here" in text) == (
                not online
            )
    assert told == {"": "PASS", "0000000000": "FAIL", "0000000080": "PASS"}
    for wrong in ("00", "0000000000,0000000000", "0000000000,0000000000,0000000000,00", "x,y,z"):
        code, out, err = run("check", "--tac", wrong, str(file))
        assert (code, out, err.count("\n")) == (2, "", 1) and "denial, online and default" in err


def test_a_calibration_is_taken_off_in_the_report(run: Run, tmp_path: Path) -> None:
    recorded, idle, page = (
        TRACES / "recorded_purchase.card.jsonl",
        TRACES / "recorded_idle.card.jsonl",
        tmp_path / "p.html",
    )
    cards = []
    for calibration in ([], ["--calibration", str(idle)]):
        assert run("report", str(recorded), "-o", str(page), *calibration)[0] == 0
        body = page.read_text("utf-8")
        assert ("--calibration takes that off" in body) == (not calibration)
        assert "time between exchanges: terminal (the program)" in body
        (row,) = re.findall(r"<tr><td>VERIFY</td>(.*?)</tr>", body)
        *_, its_way, card = re.findall(r">([^<>]+)</td>", row)
        cards.append((float(card.removesuffix(" ms")), its_way))
    way = overhead(cardlib.read(idle)) / 1e6
    assert cards[0][1] == "-" != cards[1][1] and abs(cards[0][0] - cards[1][0] - way) < 0.11 < way
    code, out, err = run(
        "report", str(recorded), "-o", str(page), "--calibration", str(tmp_path / "none")
    )
    assert (code, out, err.count("\n")) == (2, "", 1)
    radio = cardlib.report(TRACES / "contactless_tap.card.jsonl", calibration=idle).body
    assert "no overhead of" in radio and "img alt=" in radio
