# SPDX-License-Identifier: MIT
"""Rules over several payments or captures: what must never come twice, what must rise, what must not change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...acts.emv import data
from ...acts.emv.data import Element
from ...acts.emv.dialogue import ins_of
from ...core.model import Command, Evidence, Exchange, Response, Side, record
from ..engine import Result, Results, enough, fails_if, only, whole_half
from ..joining import joined_by
from ..sources import BCMSA14, BOOK2, BOOK3, BST21A, GY19
from .payment import Cases, Payment, series_rule
from .readings import (
    answers,
    by_card,
    cards,
    counter_of,
    different,
    ending,
    entropies,
    is_guessable,
    measurements,
    payments,
    repeats,
    sent_numbers,
    terminals,
    uneven,
    unpredictable_numbers,
)

GET_CHALLENGE = 0x84
ENOUGH = 20  # values, to judge how even their bits are
SOME = 8  # numbers, to see a pattern in them
SKEWED = 4.5  # standard deviations
STATIC = (
    "8E",  # CVM list
    "9F0D",  # issuer action code, default
    "9F0E",  # issuer action code, denial
    "9F0F",  # issuer action code, online
    "82",  # AIP
    "94",  # AFL
    "9F38",  # PDOL
    "9F07",  # application usage control
    "8C",  # CDOL1
    "8D",  # CDOL2
)
JUMP = 50  # cryptograms between two payments
SMALL_STEP = 1 << 16
MAX_SHOWN = 20
SIDES: tuple[Side, Side] = ("command", "response")


@series_rule("E80", "critical", "the same unpredictable number twice", BCMSA14)
@joined_by(sent_numbers)
def number_twice(cases: Cases) -> Results:
    """Numbers of four bytes hardly ever meet by chance (n payments: n²/2³³). The terminal's generator is broken, or
    somebody plays back a recording. Do: take the terminal out of use.
    """
    numbers = unpredictable_numbers(cases)
    enough(numbers, 2, "payments with an unpredictable number")
    detail = f"{different(numbers)} different numbers in {len(numbers)} payments"
    yield _fails_if_repeated(numbers, detail)


def _fails_if_repeated(elements: list[Element], detail: str) -> Result:
    """A failure with what came twice, else a pass with all of them."""
    repeated = repeats(elements)
    shown = repeated or elements
    return fails_if(repeated, detail, *shown[:MAX_SHOWN])


@series_rule("E81", "critical", "predictable numbers", BCMSA14)
@joined_by(terminals)
def number_predictable(cases: Cases) -> Results:
    """The terminal's numbers count upwards, or some of their bits never change: a criminal can guess the next one and
    prepare its cryptogram. Do: take the terminal out of use.
    """
    numbers = [number for number in unpredictable_numbers(cases) if len(number.value) == 4]
    enough(numbers, SOME, "unpredictable numbers")
    patterns = []
    if 2 * _guessable_numbers(cases) > len(numbers):
        patterns.append("they are made of date, time or counter")
    patterns += _patterns([int.from_bytes(number.value) for number in numbers])
    detail = "; ".join(patterns) or f"no pattern in {len(numbers)} numbers"
    yield fails_if(patterns, detail, *numbers[:MAX_SHOWN])


def _guessable_numbers(cases: Cases) -> int:
    """In how many payments the number follows from what was sent before."""
    count = 0
    before: Payment | None = None
    for payment in payments(cases):
        count += is_guessable(before, payment)
        before = payment
    return count


def _patterns(values: Sequence[int]) -> Iterator[str]:
    """What makes numbers of 32 bits predictable."""
    steps = [b - a for a, b in pairwise(values)]
    if all(0 < step < SMALL_STEP for step in steps):
        yield "they count upwards in small steps"
    first_bytes = {value >> 24 for value in values}
    if len(first_bytes) == 1:
        yield "the first byte never changes"
    always_one, always_zero = 0xFFFFFFFF, 0xFFFFFFFF
    for value in values:
        always_one &= value
        always_zero &= ~value
    stuck = (always_one | always_zero).bit_count()
    if len(values) >= ENOUGH and stuck:
        yield f"{stuck} bits never change"


@series_rule("E83", "critical", "the same transaction counter twice", GY19)
@joined_by(cards)
def counter_twice(cases: Cases) -> Results:
    """A card counts every transaction (ATC) and never counts back. The same number again comes from a copy or from a
    recording. Do: decline; some issuers do not look.
    """
    for card, its_payments in by_card(cases).items():
        counters = [counter for counter in map(counter_of, its_payments) if counter]
        if len(counters) < 2:
            continue
        detail = f"{ending(card)}: {different(counters)} counters in {len(counters)}"
        yield _fails_if_repeated(counters, detail)


@series_rule("E84", "medium", "the transaction counter falls or leaps", GY19)
@joined_by(cards)
def counter_leaps(cases: Cases) -> Results:
    """In the order of their dates the counters of a card must rise. A fall is a recording played later, a leap means
    that many cryptograms were made elsewhere. Do: ask what happened between.
    """
    for card, its_payments in by_card(cases).items():
        if len(its_payments) < 2:
            continue
        dated = sorted(_dated_counters(its_payments), key=lambda pair: pair[0])
        if len(dated) < 2:
            yield Result("not-enough-data", f"{ending(card)}: no dates (9A) with counters (9F36)")
            continue
        values = [int.from_bytes(counter.value) for _, counter in dated]
        order_is_sure = len({when for when, _ in dated}) == len(dated)
        wrong: list[Element] = []
        for place in _wrong_steps(values, order_is_sure)[:10]:
            wrong += [dated[place][1], dated[place + 1][1]]
        _, last = dated[-1]
        shown = wrong or [last]
        counters = ", ".join(map(str, values[:12]))
        yield fails_if(wrong, f"{ending(card)}: counters {counters} by date", *shown)


def _dated_counters(its_payments: Sequence[Payment]) -> Iterator[tuple[bytes, Element]]:
    """Date and, where it is there, time of each payment, with its counter."""
    for payment in its_payments:
        date = payment.get("9A", "command", 3)
        time = payment.get("9F21", "command", 3)
        counter = counter_of(payment)
        if date and counter:
            when = date.value + (time.value if time else b"")
            yield when, counter


def _wrong_steps(values: Sequence[int], order_is_sure: bool) -> list[int]:
    """The places before which and behind which the counters fall or leap."""
    places = []
    for place, (before, after) in enumerate(pairwise(values)):
        falls = after < before and order_is_sure
        if falls or after - before > JUMP:
            places.append(place)
    return places


@series_rule("E26", "high", "the card's static data changed", f"{BOOK3}, 10.3")
@joined_by(cards)
def static_changed(cases: Cases) -> Results:
    """The same card told different rules at two readings: verification list, action codes, interchange profile. One of
    them was changed on the way. Do: read the card again where nothing can be in between.
    """
    for card, its_payments in by_card(cases, in_one_use=True).items():
        if len(its_payments) < 2:
            continue
        changed: list[Element] = []
        for tag in STATIC:
            changed += _first_change(its_payments, tag)
        if changed:
            tags = ", ".join(dict.fromkeys(element.tag for element in changed))
            yield fails_if(True, f"{ending(card)}: {tags} differ", *changed)
        else:
            latest = its_payments[-1]
            last_answer = whole_half(latest.exchanges[-1], "response", latest.case.file)
            detail = f"{ending(card)}: {len(its_payments)} equal readings"
            yield fails_if(False, detail, last_answer)


def _first_change(its_payments: Sequence[Payment], tag: str) -> list[Element]:
    """The first value that the card told, and the first that differs from it; nothing where all are equal."""
    first: Element | None = None
    for payment in its_payments:
        answered = payment.all(tag, "response")
        if not answered:
            continue
        if first is None:
            first = answered[0]
        elif answered[0].value != first.value:
            return [first, answered[0]]
    return []


@series_rule("E104", "critical", "the same answer to different questions", f"{BOOK2}, 6.5")
@joined_by(answers)
def same_answer(cases: Cases) -> Results:
    """A signature or cryptogram came twice though the numbers that went into it differ: a recording answers.
    Do: decline.
    """
    answers = []
    for payment in payments(cases):
        answers += payment.all("9F4B", "response")
        answers += payment.all("9F26", "response")
    enough(answers, 2, "signatures or cryptograms")
    first_with: dict[tuple[str, bytes], Element] = {}
    wrong = []
    for answer in answers:
        first = first_with.setdefault((answer.tag, answer.value), answer)
        if _question(first.exchange) != _question(answer.exchange):
            wrong += [first, answer]
    shown = wrong[:MAX_SHOWN] or list(first_with.values())[-2:]
    detail = f"{len(answers)} signatures and cryptograms, {len(first_with)} different"
    yield fails_if(wrong, detail, *shown)


def _question(exchange: Exchange) -> bytes:
    """The command of an exchange."""
    if exchange.command is None:
        return b""
    return exchange.command.raw


@series_rule("E20", "high", "the card's dynamic number repeats", f"{BOOK2}, 6.5.1")
@joined_by(cards)
def dynamic_number_twice(cases: Cases) -> Results:
    """The number that a card puts into every dynamic signature (9F4C, told back to it in GENERATE AC) came twice: its
    generator is broken, and a signature can be prepared or played back. Do: replace the card.
    """
    by_ending = []
    for card, its_payments in by_card(cases).items():
        by_ending.append((ending(card), _dynamic_numbers(its_payments)))
    most = max((numbers for _, numbers in by_ending), key=len, default=[])
    enough(most, 2, "payments with the card's dynamic number")
    for card, numbers in by_ending:
        if len(numbers) < 2:
            continue
        count = f"{different(numbers)} dynamic numbers in {len(numbers)} payments"
        yield _fails_if_repeated(numbers, f"{card}: {count}")


def _dynamic_numbers(its_payments: Sequence[Payment]) -> list[Element]:
    """The last dynamic number of each payment; a field of zeros is none yet."""
    numbers = []
    for payment in its_payments:
        filled = [number for number in payment.all("9F4C") if any(number.value)]
        numbers += filled[-1:]
    return numbers


@series_rule("E36", "high", "challenges of the card are not random", f"{BOOK2}, 7.2")
@joined_by(cards)
def weak_challenges(cases: Cases) -> Results:
    """Challenges repeat, or their bits are far from as many ones as zeros: what is enciphered with them can be
    replayed. Do: do not use enciphered PIN or authentication with this card.
    """
    challenges: list[bytes] = []
    evidence = []
    for case in cases:
        for exchange in case.exchanges:
            response = exchange.response
            if ins_of(exchange) != GET_CHALLENGE or response is None:
                continue
            if response.sw == 0x9000 and response.data:
                challenges.append(response.data)
                size = len(response.data)
                evidence.append(Evidence(exchange.index, "response", 0, size, case.file))
    enough(challenges, ENOUGH, "challenges")
    deviation = uneven(challenges)
    count = len(set(challenges))
    detail = f"{count} different of {len(challenges)}, "
    detail += f"bits and bytes {deviation:.1f} standard deviations from even"
    weak = count < len(challenges) or deviation > SKEWED
    yield fails_if(weak, detail, *evidence[:MAX_SHOWN])


@series_rule("E67", "high", "relay entropy repeats", "EMV Contactless Book C-2, 3.10")
@joined_by(entropies)
def entropy_repeats(cases: Cases) -> Results:
    """The numbers with which reader and card measure their distance came before: answers can be prepared.
    Do: take the reader out of use.
    """
    of_reader: list[bytes] = []
    of_card: list[bytes] = []
    evidence = []
    for place, reader_number, card_number in measurements(cases):
        of_reader.append(reader_number)
        of_card.append(card_number)
        evidence.append(place)
    enough(evidence, 2, "measurements")
    reader, card = len(set(of_reader)), len(set(of_card))
    detail = f"{len(evidence)} measurements, {reader} different numbers of the reader, "
    detail += f"{card} of the card"
    yield fails_if(min(reader, card) < len(evidence), detail, *evidence[:10])


@series_rule(
    "X1", "medium", "challenges of the reader are not random", "NIST SP 800-22 rev. 1a, 2.1"
)
@joined_by(terminals)
def reader_numbers(cases: Cases) -> Results:
    """Unpredictable numbers of a terminal, looked at together: repeats, and how even their bits and bytes are. Under
    twenty, the question cannot be answered. Do: see E80 and E81.
    """
    numbers = unpredictable_numbers(cases)
    enough(numbers, ENOUGH, "unpredictable numbers")
    values = [number.value for number in numbers]
    deviation = uneven(values)
    bits = 8 * sum(map(len, values))
    visible_share = 0.5 + SKEWED / 2 / math.sqrt(bits)
    detail = f"{len(numbers)} numbers, in which {visible_share:.0%} ones would show; "
    detail += f"bits and bytes {deviation:.1f} standard deviations from even"
    weak = deviation > SKEWED or repeats(numbers)
    yield fails_if(weak, detail, *numbers[:MAX_SHOWN])


@series_rule("E52", "critical", "changed between reader and card", BST21A, "both sides")
def changed_on_the_way(cases: Cases) -> Results:
    """Two recordings of one run, at the reader and at the card: every byte that differs was changed by somebody in
    between. Do: what was changed names the attack.
    """
    only(len(cases) == 2 and cases[0].given.both_sides)
    reader, card = cases
    changes: list[Change] = []
    for at_reader, at_card in zip(reader.exchanges, card.exchanges, strict=False):
        for side in SIDES:
            a = Half(at_reader, side, reader.file)
            b = Half(at_card, side, card.file)
            if a.raw != b.raw:
                changes += _changes(a, b)
    extra = abs(len(reader.exchanges) - len(card.exchanges))
    names = ", ".join(dict.fromkeys(name for name, _ in changes)) or "nothing"
    detail = f"changed: {names}; {extra} exchanges on one side only"
    evidence = [place for _, places in changes for place in places]
    if not evidence:
        evidence.append(whole_half(reader.exchanges[0], file=reader.file))
    yield fails_if(changes or extra, detail, *evidence[:MAX_SHOWN])


Change = tuple[str, tuple[Evidence, Evidence]]


@record
class Half:
    """A command or an answer as one side recorded it."""

    exchange: Exchange
    side: Side
    file: str

    @property
    def raw(self) -> bytes:
        """Its bytes; none where it is missing."""
        half: Command | Response | None = self.exchange.response
        if self.side == "command":
            half = self.exchange.command
        if half is None:
            return b""
        return half.raw

    @property
    def elements(self) -> list[Element]:
        """Its data elements."""
        elements = data.found([self.exchange], file=self.file)
        return [element for element in elements if element.evidence.side == self.side]

    @property
    def evidence(self) -> Evidence:
        return whole_half(self.exchange, self.side, self.file)


def _changes(a: Half, b: Half) -> list[Change]:
    """The elements, in their order, whose values differ; a template differs by what is in it."""
    changes: list[Change] = []
    for before, after in zip(a.elements, b.elements, strict=False):
        if before.value != after.value and not before.node.children:
            changes.append((before.tag, (before.evidence, after.evidence)))
    if not changes:
        changes.append(("bytes without a tag", (a.evidence, b.evidence)))
    return changes
