# SPDX-License-Identifier: MIT
"""The inventory of algorithms as it is printed, as a table, as JSON, and on a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import cardlib
from cardlib.cli.main import main
from conftest import ROOT

TRACE = ROOT / "traces" / "contact_cda.card.jsonl"


def printed(path: Path) -> str:
    """The inventory of a trace without its line ends."""
    return " ".join(str(cardlib.algorithms(path)).split())


def test_what_is_no_longer_trusted_comes_first_and_the_head_counts() -> None:
    bureau = printed(ROOT / "traces" / "bureau_scp03.card.jsonl")
    assert "1 row, 0 no longer trusted by NIST, 0 that a quantum computer breaks" in bureau
    assert "AES (length of the key not shown)" in bureau
    assert "5 rows, 5 no longer trusted by NIST, 3 that a quantum computer" in printed(TRACE)


def test_the_table_has_a_row_each_with_its_evidence() -> None:
    table = cardlib.algorithms(TRACE).table()
    assert set(table["file"]) == {str(TRACE)} and set(table["session"]) == {0}
    assert list(table["algorithm"]) == ["RSA", "SHA-1", "RSA", "RSA", "3DES"]
    assert list(table["bits"]) == [1984, 160, 1408, 1024, 112]
    assert set(table["nist"]) == {"no longer"}
    assert table["end"].gt(table["start"]).all()


def test_check_gives_it_after_the_findings(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--json", "--algorithms", str(TRACE)])
    parts = json.loads(capsys.readouterr().out)
    assert [row["bits"] for row in parts["algorithms"]] == [1984, 160, 1408, 1024, 112]
    main(["check", "--json", str(TRACE)])
    assert "algorithms" not in json.loads(capsys.readouterr().out)


def test_a_page_has_the_section() -> None:
    page = cardlib.report(TRACE).page
    assert 'id="algorithms"' in page and "RSA 1984" in page
