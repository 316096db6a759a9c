# SPDX-License-Identifier: MIT
"""What rules over several captures compare: payments by card, unpredictable numbers, counters; how random they are."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from ...acts.emv.data import Element
from ...acts.emv.dialogue import ins_of
from ...apps.emv import COMPUTE_CHECKSUM, EXCHANGE_RELAY, GENERATE_AC, GPO
from ...apps.iso7816 import accepted
from ...core.model import Evidence
from ..engine import one_side, whole_half
from .payment import Cases, Payment, PaymentCase

WITH_COUNTER = (GPO, GENERATE_AC, COMPUTE_CHECKSUM)


def payments(cases: Cases) -> Iterator[Payment]:
    """The payments of all captures; those of two sides of one run once."""
    for case in one_side(cases):
        yield from case.payments


def unpredictable_numbers(cases: Cases) -> list[Element]:
    """One unpredictable number for each payment in which a cryptogram was made, the first that was sent."""
    numbers = []
    for payment in payments(cases):
        sent = payment.all("9F37", "command")
        if sent and payment.all("9F26"):
            numbers.append(sent[0])
    return numbers


def by_card(cases: Cases, in_one_use: bool = False) -> dict[str, list[Payment]]:
    """Payments by PAN, its sequence number and application; if wanted by interface, too.

    Each application of a card counts for itself and has data of its own (EMV Book 3, annex A: 9F36).
    Payments whose PAN the capture does not tell are left out.
    """
    cards: dict[str, list[Payment]] = defaultdict(list)
    for payment in payments(cases):
        pan = payment.pan
        if not pan:
            continue
        sequence_number = payment.get("5F34", "response")
        card = f"{pan}/{payment.aid}/"
        if sequence_number:
            card += sequence_number.hex
        if in_one_use:
            card += f"/{payment.contactless}"
        cards[card].append(payment)
    return cards


def counter_of(payment: Payment) -> Element | None:
    """The transaction counter that came with a cryptogram; GET DATA tells one that was used before."""
    for counter in reversed(payment.all("9F36", "response")):
        if ins_of(counter.exchange) in WITH_COUNTER:
            return counter
    return None


def ending(card: str) -> str:
    """A card of `by_card` as a finding names it."""
    pan, _, _ = card.partition("/")
    return f"card ending {pan[-4:]}"


def different(elements: Sequence[Element]) -> int:
    """How many different values they have."""
    return len({element.value for element in elements})


def repeats(elements: Sequence[Element]) -> list[Element]:
    """Every element whose value came before, each behind the first with that value."""
    first_with: dict[bytes, Element] = {}
    repeated = []
    for element in elements:
        first = first_with.setdefault(element.value, element)
        if first is not element:
            repeated += [first, element]
    return repeated


def is_guessable(before: Payment | None, payment: Payment) -> bool:
    """Whether the unpredictable number is the date or time, or the last counter or a half of the last cryptogram."""
    numbers = payment.all("9F37", "command")
    if not numbers:
        return False
    sources = payment.all("9A", "command") + payment.all("9F21", "command")
    if before:
        sources += before.all("9F36", "response") + before.all("9F26", "response")
    parts = set()
    for source in sources:
        parts.add(source.value[:4].strip(b"\0"))
        parts.add(source.value[4:8].strip(b"\0"))
    parts.discard(b"")
    return numbers[0].value.strip(b"\0") in parts


def uneven(values: Sequence[bytes]) -> float:
    """How many standard deviations they are from even: as many ones as zeros, and each byte as often (chi-square)."""
    joined = b"".join(values)
    bits = 8 * len(joined)
    ones = int.from_bytes(joined).bit_count()
    of_bits = abs(2 * ones - bits) / math.sqrt(bits)
    expected = len(joined) / 256
    squares = sum(count * count for count in Counter(joined).values())
    chi_square = squares / expected - len(joined)
    of_bytes = (chi_square - 255) / math.sqrt(510)
    return max(of_bits, of_bytes)


# What brings captures together (rules/joining.py): values of one capture, in bytes.


def cards(case: PaymentCase) -> Iterator[bytes]:
    """The cards that paid, each by number, application and sequence number."""
    for card in by_card((case,)):
        yield card.encode()


def sent_numbers(case: PaymentCase) -> Iterator[bytes]:
    """The unpredictable numbers of terminals."""
    for number in unpredictable_numbers((case,)):
        yield number.value


def answers(case: PaymentCase) -> Iterator[bytes]:
    """The signatures and cryptograms of cards."""
    for payment in payments((case,)):
        for tag in ("9F4B", "9F26"):
            for answer in payment.all(tag, "response"):
                yield answer.value


def terminals(case: PaymentCase) -> Iterator[bytes]:
    """The terminals, by what they call themselves: 9F1C, 9F1E."""
    for payment in payments((case,)):
        for tag in ("9F1C", "9F1E"):
            for name in payment.all(tag, "command"):
                if name.value.strip(b"\0 "):
                    yield tag.encode() + name.value


def entropies(case: PaymentCase) -> Iterator[bytes]:
    """The numbers with which readers measured distance, and those of the cards."""
    for _, of_reader, of_card in measurements((case,)):
        yield b"reader" + of_reader
        yield b"card" + of_card


def measurements(cases: Cases) -> Iterator[tuple[Evidence, bytes, bytes]]:
    """Each accepted measurement of distance: the number of the reader, and that of the card."""
    for payment in payments(cases):
        for exchange in payment.commands(EXCHANGE_RELAY):
            command, response = exchange.command, exchange.response
            if command and response and accepted(response):
                place = whole_half(exchange, file=payment.case.file)
                yield place, command.data, response.data[2:6]
