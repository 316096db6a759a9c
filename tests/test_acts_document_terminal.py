# SPDX-License-Identifier: MIT
"""How a terminal proves itself to a chip: its chain, its signature, and what must not pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from dialogue import captured
from terminals import EXAMPLE, chain, proof, root_file

import cardlib
from cardlib.acts.document.terminal import terminal_steps
from cardlib.crypto.keyring import keyring
from cardlib.road.meaning import halves

SELECTED = ["00A4040C07A0000002471001", "9000"]
SPOILED = EXAMPLE["verifier"][:-1] + bytes((EXAMPLE["verifier"][-1] ^ 1,))
Steps = list[tuple[str, str, bool]]


def steps(lines: list[str], folder: Path | None) -> Steps:
    keys = keyring([root_file(folder)]) if folder else ()
    found = terminal_steps(captured([*SELECTED, *lines]).exchanges, keys)
    return [(step.proof.name, step.proof.verdict, step.was_accepted) for step in found]


CHAIN, PROOF = "certificate of the terminal", "terminal authentication"


def test_nothing_of_the_kind_gives_nothing(tmp_path: Path) -> None:
    assert steps(["0084000008", "11223344556677889000"], tmp_path) == []


@pytest.mark.parametrize("data", ["7F4E00", "7F4E0342014100", "FF"])
def test_broken_certificates_are_not_checkable(data: str, tmp_path: Path) -> None:
    size = f"{len(data) // 2:02X}"
    assert steps([f"002A00BE{size}{data}", "6A80"], tmp_path) == [(CHAIN, "not checkable", False)]


def test_the_worked_example_verifies(tmp_path: Path) -> None:
    expected = [(CHAIN, "verified", True), (CHAIN, "verified", True), (PROOF, "verified", True)]
    assert steps([*chain(), *proof()], tmp_path) == expected


def test_without_the_country_nothing_is_checkable() -> None:
    verdicts = [verdict for _, verdict, _ in steps([*chain(), *proof()], None)]
    assert verdicts == ["not checkable"] * 3


def test_a_certificate_that_was_changed(tmp_path: Path) -> None:
    expected = [
        (CHAIN, "failed", True),
        (CHAIN, "not checkable", True),
        (PROOF, "not checkable", True),
    ]
    assert steps([*chain(SPOILED), *proof()], tmp_path) == expected


def test_a_signature_over_another_key_of_the_session(tmp_path: Path) -> None:
    assert steps([*chain(), *proof(key=bytes(32))], tmp_path)[-1] == (PROOF, "failed", True)
    refused = steps([*chain(), *proof(key=bytes(32), answer="6300")], tmp_path)[-1]
    assert refused == (PROOF, "failed", False)


def test_the_fields_of_a_certificate_are_read_and_its_holder_is_shown() -> None:
    exchange = captured([*SELECTED, *chain()]).exchanges[2]
    texts = {node.name: node.text for _, half in halves(exchange) for _, node in half.walk()}
    assert texts["holder reference"] == "DETESTDVDE019"
    assert texts["valid to"] == "2010-10-30"
    assert texts["role"] == "official document verifier"
    assert "DETESTDVDE019" in cardlib.mask(exchange)
