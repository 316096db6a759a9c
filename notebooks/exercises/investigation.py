# SPDX-License-Identifier: MIT
"""The exercises of the guided investigation: 91."""

from __future__ import annotations

from pathlib import Path

from cardlib.core.model import Exchange
from cardlib.show.where import failed

from .engine import Solved, exercise, ms, read, with_ins

TRACE = "contact_unblocked_pin.card.jsonl"
VERIFY, CHANGE_OR_UNBLOCK = 0x20, 0x24


def _script(traces: Path) -> tuple[Exchange, Exchange]:
    """The command of the issuer, and the last PIN before it."""
    capture = read(traces, TRACE)
    script = with_ins(capture, CHANGE_OR_UNBLOCK)[0]
    pins = [pin for pin in with_ins(capture, VERIFY) if pin.index < script.index]
    return script, pins[-1]


@exercise("91.1")
def _(traces: Path) -> Solved:
    capture = read(traces, TRACE)
    refused = [exchange for exchange in capture.exchanges if failed(exchange)]
    pins = sum(failed(exchange) for exchange in with_ins(capture, VERIFY))
    return Solved(
        len(refused),
        "press the chip `failed`, or ask for explorer.shown under that filter; the number stands beside the chips",
        f"the card refused {len(refused)} commands, {pins} of them a PIN; the others ask for one record too many",
        slips={
            pins: "those are the refused PINs; other commands were refused, too",
            len(refused) - pins: "those are the others; the PINs count as well",
            len(capture.exchanges) - len(refused): "those were not refused",
        },
    )


@exercise("91.2")
def _(traces: Path) -> Solved:
    script, pin = _script(traces)
    passed = ms(script.start_ns) - ms(pin.end_ns)
    return Solved(
        passed,
        "subtract the end of the last wrong PIN (end_ns) from the start of the issuer's command (start_ns)",
        f"{passed:.0f} ms pass between exchanges {pin.index} and {script.index}: the issuer is asked (modelled)",
        slips={
            ms(script.start_ns) - ms(pin.start_ns): "count from the end of the PIN's answer, not from its command",
            ms(script.end_ns) - ms(pin.end_ns): "that is until the issuer's command was answered",
            script.index - pin.index: "so many exchanges; how many milliseconds?",
        },
        unit="ms",
    )


@exercise("91.3")
def _(traces: Path) -> Solved:
    script, _ = _script(traces)
    command = script.command
    mac = command.data if command else b""
    whole = len(command.raw) if command else 0
    return Solved(
        len(mac),
        "choose the element MAC in the tree of the issuer's command: its place says from which byte to which",
        f"{len(mac)} bytes stand behind Lc, and without the issuer's key nobody can make them",
        slips={
            whole: "that is the whole command; anybody can write its header",
            whole - len(mac): "that is the header, which anybody can write",
            len(mac) // 2: "some MACs are cut to that length; look at this one",
        },
        unit="bytes",
    )
