# SPDX-License-Identifier: MIT
"""Rules about a SIM that is somewhere else, and about secrets that are written to it: halves first, then cases."""

from __future__ import annotations

import json

import pytest
from dialogue import captured, judged

import cardlib
from cardlib import Capture

USIM = ("00A4040007A0000000871002", "9000")
CHALLENGE = "008800812210" + "5A" * 16 + "10" + "A5" * 16
REFUSED = "9862"
MS = 1_000_000
DIRECTORY = ("00A4000402A515", "620882027821" + "8302A515" + "9000")  # of cards of one maker
KEYS = ("00A4000C023F00", "9000", *DIRECTORY, "00A4000C026F20", "9000")
K, OPC = "11" * 16, "22" * 16


def timed(near: int, far: int, count: int = 3, others: int = 12) -> Capture:
    """Reads that take `near` milliseconds, and challenges that take `far`."""
    rows: list[dict[str, object]] = [
        {"card_capture": 1},
        {"session": 0, "clock": "host", "interface": "contact"},
    ]
    dialogue = [(*USIM, near)]
    dialogue += [("80F2000C00", "9000", near)] * (others - 1)
    dialogue += [(CHALLENGE, REFUSED, far)] * count
    now = 0
    for command, answer, took in dialogue:
        rows.append({"t": now, "from": "reader", "kind": "apdu", "data": command})
        now += took * MS
        rows.append({"t": now, "from": "card", "kind": "apdu", "data": answer})
        now += MS
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    return cardlib.read_text(text, format="card.jsonl")


def written(content: str, cla: str = "00", sw: str = "9000", file: str = "6F20") -> Capture:
    """An update of the file with the key of the card, or of another in its directory."""
    size = len(content) // 2
    into = [half.replace("6F20", file) for half in KEYS]
    return captured([*USIM, *into, f"{cla}D60000{size:02X}{content}", sw])


def of_connection(directory: str, file: str, content: str) -> Capture:
    """An update of a file that the phone writes itself."""
    into = ("00A4000C02" + directory, "9000", "00A4000C02" + file, "9000")
    return captured([*USIM, *into, f"00D60000{len(content) // 2:02X}{content}", "9000"])


CASES = {
    "S17": (timed(20, 700), timed(20, 120), REFUSED),
    "S18": (written("14" + K + OPC), written("14" + "FF" * 32), K + OPC),
}
NEAR = {"S18": ("the key is removed", (written("14" + "FF" * 32),))}
SILENT = [
    ("S17", captured([*USIM, "80F2000C00", "9000"])),  # nobody is challenged
    ("S18", written("14" + K + OPC, sw="6982")),
    ("S18", written("FE010000000000", file="6F23")),  # a counter
    ("S18", captured([*USIM, *KEYS, "00B0000021", "14" + K + OPC + "9000"])),  # is read
    ("S18", of_connection("7FFF", "6F46", "01" + "54" * 16)),
    ("S18", of_connection("7FFF", "6F08", "03" + "A5" * 32)),  # what the phone writes each time
]


@pytest.mark.parametrize(("rule", "half"), SILENT)
def test_what_says_nothing(rule: str, half: Capture) -> None:
    assert [finding.verdict for finding in judged(rule, half)] == ["not-applicable"]


TOO_LITTLE = [
    ("two challenges", timed(20, 700, count=2)),
    ("few other commands", timed(20, 700, others=5)),
    ("no times", captured([*USIM, *[CHALLENGE, REFUSED] * 3])),
]


@pytest.mark.parametrize("capture", [row[1] for row in TOO_LITTLE], ids=[r[0] for r in TOO_LITTLE])
def test_too_little_to_judge(capture: Capture) -> None:
    assert [finding.verdict for finding in judged("S17", capture)] == ["not-enough-data"]


def test_one_fast_answer_to_a_challenge_clears_the_card() -> None:
    slow = timed(20, 700)
    fast = timed(20, 319)
    assert [finding.verdict for finding in judged("S17", slow)] == ["fail"]
    assert [finding.verdict for finding in judged("S17", fast)] == ["pass"]
    (finding,) = judged("S17", slow)
    assert finding.detail == "challenges took 700 ms or more, other commands 20 ms"


def test_a_code_of_the_administrator_that_is_written() -> None:
    content = "F00A0A" + "3132333435363738"
    (finding,) = judged("S18", written(content, file="6F0A"))
    assert finding.verdict == "fail" and finding.detail == "file 6F0A: 1 secret, in clear"


def test_keys_of_lte_and_5g_are_those_of_a_connection() -> None:
    capture = of_connection("7FFF", "6FE4", "A018" + "800101" + "8110" + "A5" * 16 + "8201" + "00")
    assert {finding.verdict for finding in judged("S18", capture)} == {"not-applicable"}
