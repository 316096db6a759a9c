# SPDX-License-Identifier: MIT
"""Access rules on a card (ARA-M): rules that are cut off first, then rules that are read, stored and named."""

from __future__ import annotations

import pytest

import cardlib
from cardlib.core.model import Node

SELECT = "> 00A4040009A00000015141434C00\n< 9000\n"
RULES = (
    "FF4034E232E1284F10A0000005591010FFFFFFFF8900000100"
    "C11400112233445566778899AABBCCDDEEFF00112233E306D00101D10101"
)


def nodes(command: str, answer: str, side: int) -> dict[str, Node]:
    """The nodes of a half by name."""
    found = cardlib.read_text(f"{SELECT}> {command}\n< {answer}9000\n").exchanges[-1]
    half = cardlib.decode(found).children[side]
    return {node.name: node for _, node in half.walk()}


@pytest.mark.parametrize("size", [4, 20, 60, len(RULES) - 2])
def test_rules_that_are_cut_off_are_marked(size: int) -> None:
    found = nodes("80CAFF4000", RULES[:size], 1)
    assert any(node.error for node in found.values())


def test_rules_are_read() -> None:
    found = nodes("80CAFF4000", RULES, 1)
    assert found["application"].text == "A0000005591010FFFFFFFF8900000100"
    assert found["hash of a certificate"].value.hex().upper() == RULES[54:94]
    assert (found["allowed"].text, found["NFC events"].text) == ("always", "always")
    assert not any(node.error for node in found.values())


def test_filters_of_commands_are_divided() -> None:
    rules = "FF4018E216E1024F00E310D00E" + "00A40400FFFFFFFF" + "80CAFF40FFFF"
    found = nodes("80CAFF4000", rules, 1)
    assert found["header"].value.hex() == "80caff40"
    assert found["mask"].error == "4 bytes expected, 2 bytes here"


def test_a_stored_rule_and_a_refresh_tag_are_read() -> None:
    rule = "F01CE21AE10AC100CA06612E622E6363E30CDB080000000000000001D000"
    found = nodes(f"80E290001E{rule}", "", 0)
    assert (found["program"].text, found["privileges"].text) == ("a.b.cc", "all")
    assert nodes("80CADF2000", "DF20080011223344556677", 1)["refresh tag"].text == (
        "0011223344556677"
    )
