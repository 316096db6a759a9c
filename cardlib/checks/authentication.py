# SPDX-License-Identifier: MIT
"""Rules about offline data authentication and its keys."""

from __future__ import annotations

from collections.abc import Iterator

from .engine import Case, Result, elements, evidence_of, rule

ODA = {0x80: "XDA", 0x40: "SDA", 0x20: "DDA", 0x01: "CDA"}
ONLINE_ONLY = (b"\x11", b"\x14", b"\x21", b"\x24", b"\x31", b"\x34")


@rule("E01", "medium", "no offline data authentication", "EMV 4.4 Book 3, annex C1 and 10.3")
def no_offline_authentication(case: Case) -> Iterator[Result]:
    """The AIP offers neither SDA, DDA, CDA nor XDA: offline, a terminal cannot tell this card from a copy."""
    for transaction in case.transactions:
        aip = next(elements(transaction.exchanges, "82"), None)
        if aip is None or len(aip[2].value) != 2:
            yield Result("not-enough-data", f"{transaction.name}: no AIP (82) in this capture")
            continue
        exchange, side, node = aip
        offered = [name for bit, name in ODA.items() if node.value[0] & bit]
        evidence = (evidence_of(exchange, side, node),)
        if offered:
            yield Result("pass", f"AIP offers {', '.join(offered)}", evidence)
            continue
        terminal = next(elements(transaction.exchanges, "9F35"), None)
        online = terminal is not None and terminal[2].value in ONLINE_ONLY
        yield Result("fail", "AIP offers no SDA, DDA, CDA or XDA", evidence, "info" if online else None)
