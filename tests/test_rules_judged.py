# SPDX-License-Identifier: MIT
"""How often rules alarm wrongly: what they say of honest sessions, against a table of judgements."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

import cardlib
from cardlib import Capture

ROOT = Path(__file__).resolve().parent.parent
TABLE = tomllib.loads((ROOT / "tests" / "facts" / "judged.toml").read_text("utf-8"))
TRACES = [
    file
    for file in sorted((ROOT / "traces").iterdir())
    if file.is_file() and file.suffix != ".toml" and not file.name.startswith("attack_")
]
SEVERE = ("critical", "high", "medium")
JUDGEMENTS = ("right", "debatable", "false")


def alarms(capture: Capture) -> Counter[tuple[str, str]]:
    """How often each rule fails, with its severity."""
    found: Counter[tuple[str, str]] = Counter()
    for finding in cardlib.check(capture):
        if finding.verdict == "fail" and finding.severity in SEVERE:
            found[finding.rule, finding.severity] += finding.count
    return found


def listed(kind: str, name: str) -> dict[tuple[str, str], int]:
    return {(rule, severity): count for rule, severity, count, *_ in TABLE[kind][name]}


@pytest.mark.parametrize("name", [file.name for file in TRACES])
def test_traces_without_an_attack(name: str) -> None:
    assert alarms(cardlib.read(ROOT / "traces" / name)) == listed("trace", name)


def test_real_captures(real_captures: Path) -> None:
    seen, without_exchanges = set(), set()
    for file in sorted(real_captures.rglob("*")):
        if not file.is_file() or file.name == "README.md":
            continue
        name = file.relative_to(real_captures).as_posix()
        seen.add(name)
        capture = cardlib.read(file)
        if not capture.exchanges:
            without_exchanges.add(name)
        assert alarms(capture) == listed("real", name), name
    assert seen == set(TABLE["real"])
    assert without_exchanges == set(TABLE["without_exchanges"])


def test_the_table_is_of_these_files_and_gives_a_reason_each() -> None:
    assert set(TABLE["trace"]) == {file.name for file in TRACES}
    rows = [
        row for files in (TABLE["trace"], TABLE["real"]) for rows in files.values() for row in rows
    ]
    assert all(row[3] in JUDGEMENTS and len(row[4]) > 15 for row in rows)


def test_how_often_they_are_right() -> None:
    """Critical and high always, medium in 19 of 20 cases: what is debatable counts as wrong."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for files in (TABLE["trace"], TABLE["real"]):
        for rows in files.values():
            for _, severity, count, judgement, _ in rows:
                total[severity] += count
                if judgement == "right":
                    right[severity] += count
    assert right["critical"] == total["critical"] and right["high"] == total["high"]
    assert total["high"] > 10 and 20 * right["medium"] >= 19 * total["medium"]
