# SPDX-License-Identifier: MIT
"""A log that bears the sign of a program, and whose bytes say that another one wrote it."""

from __future__ import annotations

import pytest

import cardlib
from cardlib.formats.contradiction import contradicts
from cardlib.formats.logs_fido import HWSECURITY
from cardlib.formats.logs_pcsc import PCSCD

SELECT, FCI = "00A4040007A0000000031010", "6F098407A00000000310109000"
READ, RECORD = "00B2010C00", "70045A02AABB9000"


def is_contradicted(form: object, *texts: str) -> bool:
    return contradicts(form.find(text) for text in texts)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["", "NFC out: ", "NFC out: 00A", "NFC in: zz", "NFC out: 00"])
def test_malformed_lines_alone_turn_nothing_round(text: str) -> None:
    lines = [f"NFC out: {SELECT}", f"NFC in: {FCI}", text]
    assert not is_contradicted(HWSECURITY, *lines)


def test_commands_in_the_lines_of_the_card_contradict() -> None:
    lines = [f"NFC in: {SELECT}", f"NFC out: {FCI}", f"NFC in: {READ}", f"NFC out: {RECORD}"]
    assert is_contradicted(HWSECURITY, *lines)
    capture = cardlib.read_text("\n".join(lines) + "\n")
    assert capture.format.startswith("hex pairs")
    halves = [
        (x.command.raw, x.response.raw) for x in capture.exchanges if x.command and x.response
    ]
    assert halves == [
        (bytes.fromhex(SELECT), bytes.fromhex(FCI)),
        (bytes.fromhex(READ), bytes.fromhex(RECORD)),
    ]


def test_an_answer_that_looks_like_a_command_contradicts_nothing() -> None:
    lines = [f"NFC out: {READ}", "NFC in: 00A4000002", f"NFC out: {SELECT}", f"NFC in: {FCI}"]
    assert not is_contradicted(HWSECURITY, *lines)
    assert cardlib.read_text("\n".join(lines) + "\n").format.startswith("hwsecurity")


def test_status_words_without_any_command_are_another_program() -> None:
    lines = ["12000002 -->", READ, "12000011 <", "12000023 SW: 6A83", "12000025 -->"]
    assert is_contradicted(PCSCD, *lines)
    assert not is_contradicted(PCSCD, f"12000002 APDU: {READ}", "12000023 SW: 6A83")
