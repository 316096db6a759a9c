# SPDX-License-Identifier: MIT
"""Rules about offline data authentication: what the card offers, and what the terminal made of it."""

from __future__ import annotations

from .engine import Payment, Result, Results, payment_rule

ODA = {0x80: "XDA", 0x40: "SDA", 0x20: "DDA", 0x01: "CDA"}
ONLINE_ONLY = ("11", "14", "21", "24", "31", "34")


@payment_rule("E01", "medium", "no offline data authentication", "EMV 4.4 Book 3, annex C1 and 10.3")
def no_offline_authentication(payment: Payment) -> Results:
    """The AIP offers neither SDA, DDA, CDA nor XDA: offline, a terminal cannot tell this card from a copy."""
    aip = payment.need("82", 2)
    offered = [name for bit, name in ODA.items() if aip.value[0] & bit]
    if offered:
        yield Result("pass", f"AIP offers {', '.join(offered)}", (aip.evidence,))
        return
    terminal = payment.get("9F35")
    online = terminal is not None and terminal.hex in ONLINE_ONLY
    yield Result("fail", "AIP offers no SDA, DDA, CDA or XDA", (aip.evidence,), "info" if online else None)
