# SPDX-License-Identifier: MIT
"""An inspection of a passport made in software, with the log of what was said."""

from __future__ import annotations

from traces.makers.passport import Inspection, Passport


def recorded(passport: Passport, seed: int) -> tuple[Inspection, list[str]]:
    """An inspection that has not begun, and the log that it will fill, a pair of lines for each exchange."""
    lines: list[str] = []

    def transmit(command: bytes) -> bytes:
        answer = passport.answer(command)
        lines.append(f"> {command.hex()}\n< {answer.hex()}\n")
        return answer

    return Inspection(transmit, seed), lines
