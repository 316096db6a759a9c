# SPDX-License-Identifier: MIT
"""Rules over many captures: each alone, then those that share a card, a number or a debit, and nobody else."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import cardlib
from cardlib.cli.main import main
from cardlib.core.errors import CaptureError
from cardlib.core.version import VERSION
from cardlib.corpus import judging
from cardlib.corpus.inputs import inputs_of
from cardlib.corpus.judging import Judged, answered, finding_of, judge
from cardlib.corpus.tasks import Limits, Question, Task
from cardlib.rules import RULES, Case, Given
from cardlib.rules.joining import is_joined, joining
from cardlib.show.json import finding_json

pytest.importorskip("fsspec")
TRACES = Path(__file__).resolve().parent.parent / "traces"
SALT = "00" * 16
KNOWN: dict[str, Any] = {"cvm_limit": None, "live": False, "keys": [], "tac": None}


def here(tasks: list[Task], jobs: Any, client: Any) -> Any:
    """Each task done by this process."""
    for task in tasks:
        copy = Task.from_json(task.to_json())
        assert copy == task and task.question is not None
        yield task, answered(copy, task.question, lambda number: None)


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "results_of", here)


def judged(folder: Path, known: dict[str, Any] = KNOWN) -> Judged:
    told: list[int] = []
    verdicts = judge(folder, known, 1, None, Limits(), lambda files, *_: told.append(files))
    assert sum(told) == len(verdicts.files)
    return verdicts


def failing(verdicts: Judged) -> dict[str, set[str]]:
    return {file.name: {rule for rule, _ in file.failing} for file in verdicts.files}


def test_a_folder_without_captures(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no capture files there"):
        judged(tmp_path)


def test_what_cannot_be_read_is_told_and_costs_no_neighbour(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("no capture\n")
    shutil.copy(TRACES / "purse_day.hex.txt", tmp_path)
    verdicts = judged(tmp_path)
    assert {file.name: file.status for file in verdicts.files} == {
        "letter.txt": "unreadable",
        "purse_day.hex.txt": "read",
    }
    assert failing(verdicts)["purse_day.hex.txt"] == {"X0", "X5"}


def test_the_same_debit_in_two_captures_is_found_between_them(tmp_path: Path) -> None:
    for name in ("monday.txt", "tuesday.txt"):
        shutil.copy(TRACES / "purse_day.hex.txt", tmp_path / name)
    shutil.copy(TRACES / "tap_visa_low.card.jsonl", tmp_path)
    verdicts = judged(tmp_path)
    found = [one for one in verdicts.findings if (one.rule, one.verdict) == ("P05", "fail")]
    assert [place.file for place in found[0].evidence] == ["monday.txt", "tuesday.txt"]
    rules = failing(verdicts)
    assert "P05" in rules["monday.txt"] and "P05" in rules["tuesday.txt"]
    assert "P05" not in rules["tap_visa_low.card.jsonl"]


def test_captures_of_other_cards_are_not_compared(tmp_path: Path) -> None:
    for name in ("tap_mastercard_high.card.jsonl", "purse_day.hex.txt"):
        shutil.copy(TRACES / name, tmp_path)
    between = [
        one for one in judged(tmp_path).findings if len({place.file for place in one.evidence}) > 1
    ]
    assert between == []


def test_judged_alone_or_with_others_a_capture_gets_the_same_verdicts(tmp_path: Path) -> None:
    names = ("attack_old_counter.card.jsonl", "attack_repeated_number.card.jsonl")
    for name in names:
        shutil.copy(TRACES / name, tmp_path / f"my_{name}")
    rules = failing(judged(tmp_path))
    for name in names:
        alone = cardlib.check(tmp_path / f"my_{name}")
        assert rules[f"my_{name}"] >= {one.rule for one in alone if one.verdict == "fail"}
    assert "E84" in rules["my_attack_old_counter.card.jsonl"]
    assert "E80" in rules["my_attack_repeated_number.card.jsonl"]


def test_keys_open_channels_as_in_one_capture(tmp_path: Path) -> None:
    """A passport that nobody asked for a proof of its chip (I19): only what is behind the keys shows it."""
    shutil.copy(TRACES / "passport_not_asked.card.jsonl", tmp_path / "mine.jsonl")
    keys = [str(TRACES / "makers" / "keyring.toml")]
    assert "I19" not in failing(judged(tmp_path))["mine.jsonl"]
    assert "I19" in failing(judged(tmp_path, KNOWN | {"keys": keys}))["mine.jsonl"]


def test_a_group_that_is_too_large_is_cut_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "MOST_TOGETHER", 2)
    for number in range(3):
        shutil.copy(TRACES / "purse_day.hex.txt", tmp_path / f"{number}.txt")
    verdicts = judged(tmp_path)
    assert verdicts.uncompared == 0
    assert verdicts.cut == 2  # two debits were answered, each in three files
    assert "P05" not in failing(verdicts)["2.txt"]


def test_a_capture_that_is_gone_when_it_is_compared_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        shutil.copy(TRACES / "purse_day.hex.txt", tmp_path / f"{number}.txt")

    def going(tasks: list[Task], jobs: Any, client: Any) -> Any:
        for task in tasks:
            assert task.question is not None
            if task.question.rules:
                (tmp_path / "1.txt").unlink(missing_ok=True)
            yield task, answered(task, task.question, lambda number: None)

    monkeypatch.setattr(judging, "results_of", going)
    verdicts = judged(tmp_path)
    assert verdicts.uncompared == 1
    assert verdicts.gaps() == ["1 capture could not be read once more and compared with others"]
    rules = failing(verdicts)
    assert "P05" in rules["0.txt"] and "P05" in rules["2.txt"] and "P05" not in rules["1.txt"]


def test_what_joins_captures_is_a_keyed_hash_of_no_value(tmp_path: Path) -> None:
    shutil.copy(TRACES / "tap_visa_low.card.jsonl", tmp_path / "a.jsonl")
    items = tuple(inputs_of(tmp_path))
    answers = []
    for salt in (SALT, "11" * 16):
        question = Question(KNOWN, salt)
        task = Task("key", items, "", VERSION, question=question)
        answers.append(answered(task, question, lambda number: None))
    tokens = [{token for _, token in rows[0][-1]} for rows in answers]
    assert tokens[0] and tokens[0].isdisjoint(tokens[1])


def test_a_finding_comes_back_as_it_was() -> None:
    for finding in cardlib.check(TRACES / "attack_old_counter.card.jsonl"):
        assert finding_of(finding_json(finding)) == finding


def test_the_rules_that_compare_captures_say_by_what() -> None:
    several = {
        rule.id for rule in RULES if rule.needs.startswith(("several", "your keys, several"))
    }
    joined = {rule.id for rule in RULES if is_joined(rule)}
    assert joined <= several
    # Debits of one purse in one capture; all keys with each other.
    assert several - joined == {"P04", "E16"}


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if is_joined(rule)], ids=lambda rule: rule.id
)
def test_what_breaks_while_it_is_read_joins_nothing(
    rule: cardlib.rules.Rule,  # type: ignore[name-defined]
) -> None:
    case = Case(cardlib.read(TRACES / "damaged.log"), Given())
    assert all(isinstance(value, bytes) for value in joining(rule, case))
    case.exchanges = (None,)  # type: ignore[assignment]
    case.payments = None  # type: ignore[assignment]
    assert joining(rule, case) == set()


def test_a_name_with_a_secret_is_shown_without(tmp_path: Path) -> None:
    capture = cardlib.read(TRACES / "contact_purchase.card.jsonl")
    payment = cardlib.transactions(capture)[0]
    number = next(
        node.value.hex()
        for exchange in payment.exchanges
        for _, node in cardlib.decode(exchange).walk()
        if node.tag == "5A"
    ).rstrip("f")
    shutil.copy(TRACES / "contact_purchase.card.jsonl", tmp_path / f"{number}.jsonl")
    verdicts = judged(tmp_path)
    assert verdicts.files[0].name == f"{number}.jsonl"
    assert number not in verdicts.files[0].label
    texts = [replace(one, evidence=()).detail for one in verdicts.findings]
    assert not [text for text in texts if number in text]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("monday.txt", "tuesday.txt"):
        shutil.copy(TRACES / "purse_day.hex.txt", tmp_path / name)
    shutil.copy(TRACES / "contact_purchase.card.jsonl", tmp_path / "paid.jsonl")
    (tmp_path / "letter.txt").write_text("no capture\n")
    return tmp_path


def test_check_of_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "3 captures, 61 exchanges: a rule fails in 3"
    assert lines[1].startswith("unreadable: letter.txt: ")
    assert lines[2].startswith("FAIL             critical P05")
    assert "monday.txt exchange 6" in lines[2] and "tuesday.txt exchange 6" in lines[2]


@pytest.mark.parametrize("more", [["--both-sides"], ["--failed"], ["--rules", "mine.py"]])
def test_what_is_asked_of_one_capture_only(
    folder: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(folder), *more]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    "more",
    [["--algorithms"], ["--dictionary", "mine.toml"], ["--jobs", "-1"], ["--seconds", "nan"]],
)
def test_what_would_be_passed_over_or_break_is_one_line(
    folder: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(folder), *more]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.startswith(f"cardlib: {more[0]} ")


def test_keys_that_are_not_there_are_told_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(folder), "--keys", str(folder / "none.toml")]) == 2
    assert capsys.readouterr().err.endswith(
        "none.toml: cannot be read: No such file or directory\n"
    )


@pytest.mark.parametrize(("name", "code"), [("letter.txt", 1), ("monday.txt", 0)])
def test_the_exit_code_tells_a_file_that_could_not_be_read(
    folder: Path, name: str, code: int
) -> None:
    (folder / "few").mkdir()
    for file in {name, "monday.txt"}:
        shutil.copy(folder / file, folder / "few")
    assert main(["check", str(folder / "few"), "--fail-on", "critical"]) == code


@pytest.mark.parametrize("more", [["check"], ["check", "--json"], ["report", "-o", "page.html"]])
def test_where_no_file_can_be_read_it_is_said(
    tmp_path: Path,
    more: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "captures").mkdir()
    (tmp_path / "captures" / "letter.txt").write_text("no capture\n")
    assert main([*more, "captures"]) == 2
    assert "none of its files can be read: letter.txt: " in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()


def test_report_of_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = folder.parent / "page.html"
    assert main(["report", str(folder), "-o", str(page)]) == 0
    assert "report written to" in capsys.readouterr().out
    text = page.read_text("utf-8")
    assert text.index("Rules that fail") < text.index("Slow answers") < text.index("Captures</h2>")
    assert "P05 the same debit twice" in text
    assert 'href="#capture-0">monday.txt' in text and 'id="capture-0"' in text
    assert "unreadable: no capture format" in text
    assert "<script" not in text
