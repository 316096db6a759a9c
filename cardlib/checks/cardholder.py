# SPDX-License-Identifier: MIT
"""Rules about cardholder verification."""

from __future__ import annotations

from ..apdu import data_start, is_secure
from ..apps.emv import VERIFY
from ..model import Evidence
from .engine import Payment, Result, Results, payment_rule

SOURCE = "Barisani, Bianco, Laurie, Franken, CanSecWest 2011; EMV 4.4 Book 3, 6.5.12"


@payment_rule("E33", "high", "PIN in clear on the wire", SOURCE)
def plaintext_pin(payment: Payment) -> Results:
    """VERIFY with P2 = 80 carries the PIN in clear: whoever taps the wire has it, and so has this capture."""
    for exchange in payment.sent(VERIFY):
        command = exchange.command
        if command is None or not command.data:
            continue
        start = data_start(command)
        evidence = (Evidence(exchange.index, "command", start, start + len(command.data)),)
        if command.p2 == 0x80 and not is_secure(command.cla):
            detail = "VERIFY sends a plaintext PIN block; redact this capture before it leaves your machine"
            yield Result("fail", detail, evidence)
        elif command.p2 == 0x88:
            yield Result("pass", "VERIFY sends an enciphered PIN", evidence)
        else:
            detail = f"VERIFY with reference {command.p2:02X}: form of the PIN unknown"
            yield Result("not-enough-data", detail, evidence)
