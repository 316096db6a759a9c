# SPDX-License-Identifier: MIT
"""Own rules of a caller: what is refused, in one line. The command itself is tested in test_cli."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardlib.cli_check import own_rules
from cardlib.errors import CardlibError

OWN = """
from cardlib.checks import Result, rule

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
        (None, "is not a Python file with RULES"),
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
