# SPDX-License-Identifier: MIT
"""Commands to a reader that carry commands to the card: one exchange, with the inner one opened."""

from __future__ import annotations

import pytest
from test_laws import check_tiles

import cardlib
from cardlib.core.model import Exchange, Node
from cardlib.road.tunnel import inner_of


def exchange(to_chip: str, from_chip: str | None, sw: str = "9000") -> Exchange:
    command = f"FF000000{len(to_chip) // 2:02X}{to_chip}"
    answer = "" if from_chip is None else f"< {from_chip}{sw}\n"
    [found] = cardlib.read_text(f"> {command}\n{answer}", format="hex pairs").exchanges
    return found


def names(node: Node) -> list[str]:
    return [node.name, *(name for child in node.children for name in names(child))]


NO_INNER = {
    "no answer of the chip": ("D44A0100", None),
    "another command of the chip": ("D44A0100", "D54B00"),
    "memory card, read": ("D4400130040000", "D54100" + "00" * 16),
    "too short": ("D4400100A404", "D5416700"),
    "Lc does not fit": ("D4400100A4040007A0", "D541006700"),
    "class and instruction unknown": ("D44001E3E7E9EBED", "D541006D00"),
    "first block of a chain": ("D4421200A4040007A000", "D54300A2"),
    "R-block": ("D442A2", "D54300026A83"),
    "not the chip": ("0102030405", ""),
    "empty": ("", ""),
}


@pytest.mark.parametrize("name", NO_INNER)
def test_what_is_no_apdu_stays_bytes(name: str) -> None:
    found = exchange(*NO_INNER[name])
    assert inner_of(found) is None
    root = cardlib.decode(found)
    assert "command to the card" not in names(root) and not root.error
    for half in root.children:
        check_tiles(half)


SELECT = "00A4040007A0000000031010"
FCI = "6F108407A0000000031010A50550034142439000"
INNER = {
    "InDataExchange": ("D44001" + SELECT, "D54100" + FCI),
    "InCommunicateThru": ("D44202" + SELECT, "D5430002" + FCI),
}


@pytest.mark.parametrize("name", INNER)
def test_command_and_answer_of_the_card_are_opened(name: str) -> None:
    found = exchange(*INNER[name])
    root = cardlib.decode(found)
    command, response = root.children
    assert root.name == "DIRECT TRANSMIT" and not root.error
    assert {"chip command", "command to the card", "DF name (AID)"} <= set(names(command))
    assert {"answer of the card", "Application label"} <= set(names(response))
    for half in root.children:
        check_tiles(half)
    inner = inner_of(found)
    assert inner and inner.response
    assert inner.command.raw.hex().upper() == SELECT and inner.response.raw.hex().upper() == FCI
    assert found.command and found.response
    assert found.command.raw[inner.command_at :] == inner.command.raw
    assert found.response.raw[inner.response_at : -2] == inner.response.raw


@pytest.mark.parametrize(
    "from_chip", [None, "", "D541", "D54101", "D54100", "D5410090", "D54900" + FCI]
)
def test_command_is_opened_without_an_answer_of_the_card(from_chip: str | None) -> None:
    found = exchange("D44001" + SELECT, from_chip)
    inner = inner_of(found)
    assert inner and inner.response is None
    root = cardlib.decode(found)
    assert "DF name (AID)" in names(root) and "answer of the card" not in names(root)
    for half in root.children:
        check_tiles(half)


def test_secret_in_a_tunnel_is_hidden() -> None:
    pin = "24123456FFFFFFFF"
    capture = cardlib.read_text(
        f"> FF00000010D440010020008008{pin}\n< D541009000{'9000'}\n", format="hex pairs"
    )
    shown = cardlib.mask(capture.exchanges[0])
    assert pin not in shown.replace(" ", "") and "VERIFY" in shown


LED = "> FF0040D00405050301\n< 9000\n"


def test_other_commands_to_the_reader_have_their_own_names() -> None:
    [found] = cardlib.read_text(LED, format="hex pairs").exchanges
    assert cardlib.decode(found).name == "LED AND BUZZER CONTROL"
