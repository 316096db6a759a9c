# SPDX-License-Identifier: MIT
"""A day of a shop: many taps, each a capture of its own, with what may go wrong on such a day among them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

from cardlib.formats import card_jsonl

from .card import Card
from .contactless import Tap
from .issuer import Issuer
from .middle import relay
from .profile import load
from .reader import Settings
from .rsa_keys import key
from .times import Tape

CARDS = (("visa_tap", "476173900101"), ("mastercard_tap", "541333900000"))
HOLDERS = 10  # of each kind of card
LEAST, MOST, FLOOR = 100, 9_000, 3_000  # cents
RELAYED = 107  # the number of a tap through two phones
RELAY_MS = 180
TWINS = (7, 230)  # two taps in which the terminal uses one number
NUMBER = "0BADCAFE"
DAMAGED_EACH = 100  # the last of so many captures is cut


@cache
def _settings() -> Settings:
    trusted = {
        "A000000003F9": key("Visa-like CA").modulus,
        "A000000004F9": key("Mastercard-like CA").modulus,
    }
    return Settings(trusted, floor=FLOOR)


def card_number(prefix: str, holder: int) -> str:
    """A made-up number of a test range, with its check digit (ISO/IEC 7812-1, annex B)."""
    digits = f"{prefix}{holder:03}"
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        if place % 2 == 0:
            value = sum(divmod(2 * value, 10))
        total += value
    return f"{digits}{-total % 10}"


def tap(number: int) -> str:
    """One tap of the day, as a text in the suite's own format; the same whenever it is made."""
    random = Random(f"tap {number}")
    name, prefix = random.choice(CARDS)
    holder = random.randrange(HOLDERS)
    profile = load(name, {"pan": card_number(prefix, holder), "atc": 40 + number})
    card = Card(profile, seed=number)
    tape = Tape(f"tap {number}", number, profile.protocol)
    terminal = Tap(card.answer, _settings(), Issuer(profile), seed=number)
    tape.power_on(card.power_on())
    answer = card.answer
    if number == RELAYED:
        answer = relay(tape.wait, RELAY_MS)(answer)
    terminal.transmit, terminal.wait = tape.over(answer), tape.wait
    terminal.pay(random.randint(LEAST, MOST), NUMBER if number in TWINS else "")
    text = io.StringIO(newline="")
    card_jsonl.write(text, tape.items)
    return text.getvalue()


def day(count: int) -> Iterator[tuple[str, str]]:
    """The names of the captures of a day, with their texts; some break off."""
    for number in range(count):
        text = tap(number)
        if number % DAMAGED_EACH == DAMAGED_EACH - 1:
            text = text[: len(text) // 2]
        yield f"tap-{number:05}.card.jsonl", text


def write(folder: Path, count: int) -> None:
    """Write the captures of a day into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in day(count):
        (folder / name).write_text(text, encoding="utf-8")
