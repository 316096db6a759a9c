# SPDX-License-Identifier: MIT
"""What happens to electronic cash: a day of twelve taps, one of them torn, and what a copy and a careless till do."""

from __future__ import annotations

from traces.makers.pboc import CashCard, Copy, Till

DAY = "260314"
# Price in cents, whether the till shows the balance, whether the card left before its last answer arrived.
TAPS = (
    (200, True, False),
    (1550, False, False),
    (400, False, False),
    (300, False, True),
    (300, False, False),
    (2480, False, False),
    (90, False, False),
    (1200, False, False),
    (650, False, False),
    (200, False, False),
    (380, False, False),
    (200, True, False),
)
START = 10_000


def _file(title: str, lines: list[str]) -> bytes:
    head = f"# {title}; > is the till, < the card"
    return "".join(f"{line}\n" for line in (head, *lines)).encode()


def cash_day() -> bytes:
    """Twelve taps of one card; at the fourth the last answer is lost."""
    card, till = CashCard(START, seed=61), Till(seed=61)
    for price, shows, torn in TAPS:
        till.pay(card, price, DAY, shows, torn)
    return _file("A day of electronic cash", till.lines)


def cash_copy() -> bytes:
    """A tap that is overheard, a copy that plays it back, and a till that does not ask for the Chinese algorithms."""
    card, till = CashCard(START, seed=61), Till(seed=62)
    till.pay(card, 200, DAY, shows=True)
    till.pay(Copy(till.heard), 8800, DAY, shows=True)
    careless = Till(seed=63, chinese=False)
    careless.pay(card, 8800, DAY)
    return _file("Electronic cash, copied and asked badly", till.lines + careless.lines)


MAKERS = {
    "cash_day.hex.txt": cash_day,
    "attack_cash_copy.hex.txt": cash_copy,
}
