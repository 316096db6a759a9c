# SPDX-License-Identifier: MIT
"""Rules over several payments or captures: what must never come twice, what must rise, what must not change."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...acts.emv import data
from ...acts.emv.data import Found
from ...acts.emv.dialogue import ins_of
from ...apps.emv import COMPUTE_CHECKSUM, EXCHANGE_RELAY, GENERATE_AC, GPO
from ...apps.iso7816 import accepted
from ...core.model import Evidence
from ..engine import Result, Results, enough, fails_if, only, whole_half
from ..sources import BCMSA14, BOOK2, BOOK3, BST21A, GY19
from .payment import Payment, PaymentCase, series_rule

GET_CHALLENGE = 0x84
ENOUGH, SOME = 20, 8
SKEWED = 4.5  # standard deviations
STATIC = ("8E", "9F0D", "9F0E", "9F0F", "82", "94", "9F38", "9F07", "8C", "8D")
JUMP = 50


def payments(cases: Sequence[PaymentCase]) -> Iterator[Payment]:
    """The payments of all captures; those of two sides of one run once."""
    for case in cases[:1] if cases[0].given.both_sides else cases:
        yield from case.payments


def numbers(cases: Sequence[PaymentCase]) -> list[Found]:
    """One unpredictable number for each payment in which a cryptogram was made, the first that was sent."""
    return [
        found[0]
        for one in payments(cases)
        if (found := one.all("9F37", "command")) and one.all("9F26")
    ]


def by_card(cases: Sequence[PaymentCase], in_one_use: bool = False) -> dict[str, list[Payment]]:
    """Payments by PAN and its sequence number, where the capture tells them; if wanted by application and interface."""
    cards: dict[str, list[Payment]] = defaultdict(list)
    for payment in payments(cases):
        number = payment.get("5F34", "response")
        if payment.dialogue.pan:
            use = f"/{payment.aid}/{payment.contactless}" if in_one_use else ""
            cards[f"{payment.dialogue.pan}/{number.hex if number else ''}{use}"].append(payment)
    return cards


def counted(payment: Payment) -> Found | None:
    """The transaction counter that came with a cryptogram; GET DATA tells one that was used before."""
    made = (GPO, GENERATE_AC, COMPUTE_CHECKSUM)
    return next(
        (one for one in reversed(payment.all("9F36", "response")) if ins_of(one.exchange) in made),
        None,
    )


def ending(card: str) -> str:
    return f"card ending {card.partition('/')[0][-4:]}"


def repeats(found: list[Found]) -> list[Found]:
    """Every element whose value came before."""
    seen: dict[bytes, Found] = {}
    again = []
    for one in found:
        if first := seen.get(one.value):
            again += [first, one]
        seen.setdefault(one.value, one)
    return again


@series_rule("E80", "critical", "the same unpredictable number twice", BCMSA14)
def number_twice(cases: tuple[PaymentCase, ...]) -> Results:
    """Numbers of four bytes hardly ever meet by chance (n payments: n²/2³³). The terminal's generator is broken, or
    somebody plays back a recording. Do: take the terminal out of use.
    """
    found = numbers(cases)
    enough(found, 2, "payments with an unpredictable number")
    again = repeats(found)
    detail = f"{len({one.value for one in found})} different numbers in {len(found)} payments"
    yield fails_if(again, detail, *(again or found)[:20])


def guessable(before: Payment | None, payment: Payment) -> list[Found]:
    """The unpredictable number, where it is the date or time, or the last counter or a half of the last cryptogram."""
    known = [one.value for tag in ("9A", "9F21") for one in payment.all(tag, "command")]
    known += [
        one.value
        for tag in ("9F36", "9F26")
        for one in (before.all(tag, "response") if before else ())
    ]
    parts = {value[at : at + 4].strip(b"\0") for value in known for at in (0, 4)} - {b""}
    return [one for one in payment.all("9F37", "command")[:1] if one.value.strip(b"\0") in parts]


@series_rule("E81", "critical", "predictable numbers", BCMSA14)
def number_predictable(cases: tuple[PaymentCase, ...]) -> Results:
    """The terminal's numbers count upwards, or some of their bits never change: a criminal can guess the next one and
    prepare its cryptogram. Do: take the terminal out of use.
    """
    found = [one for one in numbers(cases) if len(one.value) == 4]
    enough(found, SOME, "unpredictable numbers")
    values = [int.from_bytes(one.value) for one in found]
    steps = [b - a for a, b in pairwise(values)]
    derived = [
        one
        for pair in pairwise((None, *payments(cases)))
        if pair[1]
        for one in guessable(pair[0], pair[1])
    ]
    why = ["they are made of date, time or counter"] * (2 * len(derived) > len(found))
    why += ["they count upwards in small steps"] * (all(0 < step < 1 << 16 for step in steps))
    why += ["the first byte never changes"] * (len({value >> 24 for value in values}) == 1)
    ones, zeros = values[0], ~values[0] & 0xFFFFFFFF
    for value in values:
        ones, zeros = ones & value, zeros & ~value
    stuck = (ones | zeros).bit_count()
    why += [f"{stuck} bits never change"] * (len(values) >= ENOUGH and stuck > 0)
    detail = "; ".join(why) or f"no pattern in {len(values)} numbers"
    yield fails_if(why, detail, *found[:20])


@series_rule("E83", "critical", "the same transaction counter twice", GY19)
def counter_twice(cases: tuple[PaymentCase, ...]) -> Results:
    """A card counts every transaction (ATC) and never counts back. The same number again comes from a copy or from a
    recording. Do: decline; some issuers do not look.
    """
    for card, own in by_card(cases).items():
        found = [atc for one in own if (atc := counted(one))]
        if len(found) < 2:
            continue
        again = repeats(found)
        detail = f"{ending(card)}: {len({one.value for one in found})} counters in {len(found)}"
        yield fails_if(again, detail, *(again or found)[:20])


@series_rule("E84", "medium", "the transaction counter falls or leaps", GY19)
def counter_leaps(cases: tuple[PaymentCase, ...]) -> Results:
    """In the order of their dates the counters of a card must rise. A fall is a recording played later, a leap means
    that many cryptograms were made elsewhere. Do: ask what happened between.
    """
    for card, own in by_card(cases).items():
        dated = [
            (date.value + (time.value if time else b""), atc)
            for one in own
            if (date := one.get("9A", "command", 3)) and (atc := counted(one))
            for time in [one.get("9F21", "command", 3)]
        ]
        if len(own) < 2:
            continue
        if len(dated) < 2:
            yield Result("not-enough-data", f"{ending(card)}: no dates (9A) with counters (9F36)")
            continue
        ordered = sorted(dated, key=lambda pair: pair[0])
        values = [int.from_bytes(atc.value) for _, atc in ordered]
        steps = [b - a for a, b in pairwise(values)]
        times = [when for when, _ in ordered]
        sure = len(set(times)) == len(times)
        wrong = [i for i, step in enumerate(steps) if (step < 0 and sure) or step > JUMP]
        proof = [ordered[i + k][1] for i in wrong[:10] for k in (0, 1)] or [ordered[-1][1]]
        yield fails_if(
            wrong, f"{ending(card)}: counters {', '.join(map(str, values[:12]))} by date", *proof
        )


@series_rule("E26", "high", "the card's static data changed", f"{BOOK3}, 10.3")
def static_changed(cases: tuple[PaymentCase, ...]) -> Results:
    """The same card told different rules at two readings: verification list, action codes, interchange profile. One of
    them was changed on the way. Do: read the card again where nothing can be in between.
    """
    for card, own in by_card(cases, in_one_use=True).items():
        if len(own) < 2:
            continue
        wrong: list[Found] = []
        for tag in STATIC:
            found = [one.all(tag, "response")[0] for one in own if one.all(tag, "response")]
            if len({one.value for one in found}) > 1:
                wrong += found[:1] + [one for one in found if one.value != found[0].value][:1]
        tags = ", ".join(dict.fromkeys(one.tag for one in wrong))
        last = whole_half(own[-1].exchanges[-1], "response", own[-1].case.file)
        said = f"{tags} differ" if wrong else f"{len(own)} equal readings"
        yield fails_if(wrong, f"{ending(card)}: {said}", *wrong, None if wrong else last)


@series_rule("E104", "critical", "the same answer to different questions", f"{BOOK2}, 6.5")
def same_answer(cases: tuple[PaymentCase, ...]) -> Results:
    """A signature or cryptogram came twice though the numbers that went into it differ: a recording answers.
    Do: decline.
    """
    seen: dict[tuple[str, bytes], Found] = {}
    found = [
        one
        for payment in payments(cases)
        for tag in ("9F4B", "9F26")
        for one in payment.all(tag, "response")
    ]
    enough(found, 2, "signatures or cryptograms")
    wrong = []
    for one in found:
        before = seen.setdefault((one.tag, one.value), one)
        questions = {e.command.raw if e.command else b"" for e in (before.exchange, one.exchange)}
        wrong += [before, one] * (len(questions) > 1)
    proof = wrong[:20] or list(seen.values())[-2:]
    yield fails_if(wrong, f"{len(found)} signatures and cryptograms, {len(seen)} different", *proof)


@series_rule("E20", "high", "the card's dynamic number repeats", f"{BOOK2}, 6.5.1")
def dynamic_number_twice(cases: tuple[PaymentCase, ...]) -> Results:
    """The number that a card puts into every dynamic signature (9F4C, told back to it in GENERATE AC) came twice: its
    generator is broken, and a signature can be prepared or played back. Do: replace the card.
    """
    told = {
        card: [
            numbers[-1] for one in own if (numbers := [x for x in one.all("9F4C") if any(x.value)])
        ]
        for card, own in by_card(cases).items()
    }
    enough(max(told.values(), key=len, default=[]), 2, "payments with the card's dynamic number")
    for card, found in told.items():
        if len(found) < 2:
            continue
        again = repeats(found)
        detail = f"{ending(card)}: {len({one.value for one in found})} dynamic numbers in {len(found)} payments"
        yield fails_if(again, detail, *(again or found)[:20])


@series_rule("E36", "high", "challenges of the card are not random", f"{BOOK2}, 7.2")
def weak_challenges(cases: tuple[PaymentCase, ...]) -> Results:
    """Challenges repeat, or their bits are far from as many ones as zeros: what is enciphered with them can be
    replayed. Do: do not use enciphered PIN or authentication with this card.
    """
    asked = [
        (one, case.file) for case in cases for one in case.exchanges if ins_of(one) == GET_CHALLENGE
    ]
    found = [
        (one, file)
        for one, file in asked
        if one.response and one.response.sw == 0x9000 and one.response.data
    ]
    values = [one.response.data for one, _ in found if one.response]
    enough(values, ENOUGH, "challenges")
    apart, different = uneven(values), len(set(values))
    detail = f"{different} different of {len(values)}, bits and bytes {apart:.1f} standard deviations from even"
    proof = (
        Evidence(e.index, "response", 0, len(e.response.data), file)
        for e, file in found[:20]
        if e.response
    )
    yield fails_if(different < len(values) or apart > SKEWED, detail, *proof)


def uneven(values: list[bytes]) -> float:
    """How many standard deviations they are from even: as many ones as zeros, and each byte as often (chi-square)."""
    joined = b"".join(values)
    bits, expected = 8 * len(joined), len(joined) / 256
    square = sum(count * count for count in Counter(joined).values()) / expected - len(joined)
    return max(
        abs(2 * int.from_bytes(joined).bit_count() - bits) / math.sqrt(bits),
        (square - 255) / math.sqrt(510),
    )


@series_rule("E67", "high", "relay entropy repeats", "EMV Contactless Book C-2, 3.10")
def entropy_repeats(cases: tuple[PaymentCase, ...]) -> Results:
    """The numbers with which reader and card measure their distance came before: answers can be prepared.
    Do: take the reader out of use.
    """
    asked = [
        (e.command.data, e.response.data[2:6], whole_half(e, file=one.case.file))
        for one in payments(cases)
        for e in one.commands(EXCHANGE_RELAY)
        if e.command and e.response and accepted(e.response)
    ]
    enough(asked, 2, "measurements")
    reader, card = len({one for one, _, _ in asked}), len({one for _, one, _ in asked})
    detail = (
        f"{len(asked)} measurements, {reader} different numbers of the reader, {card} of the card"
    )
    same = min(reader, card) < len(asked)
    yield fails_if(same, detail, *(one for _, _, one in asked[:10]))


@series_rule(
    "X1", "medium", "challenges of the reader are not random", "NIST SP 800-22 rev. 1a, 2.1"
)
def reader_numbers(cases: tuple[PaymentCase, ...]) -> Results:
    """Unpredictable numbers of a terminal, looked at together: repeats, and how even their bits and bytes are. Under
    twenty, the question cannot be answered. Do: see E80 and E81.
    """
    found = numbers(cases)
    enough(found, ENOUGH, "unpredictable numbers")
    apart = uneven([one.value for one in found])
    seen = 0.5 + SKEWED / 2 / math.sqrt(8 * sum(len(one.value) for one in found))
    detail = f"{len(found)} numbers, in which {seen:.0%} ones would show; "
    detail += f"bits and bytes {apart:.1f} standard deviations from even"
    yield fails_if(apart > SKEWED or repeats(found), detail, *found[:20])


@series_rule("E52", "critical", "changed between reader and card", BST21A, "both sides")
def changed_on_the_way(cases: tuple[PaymentCase, ...]) -> Results:
    """Two recordings of one run, at the reader and at the card: every byte that differs was changed by somebody in
    between. Do: what was changed names the attack.
    """
    only(len(cases) == 2 and cases[0].given.both_sides)
    reader, card = cases
    wrong: list[Evidence] = []
    tags: list[str] = []
    for one, two in zip(reader.exchanges, card.exchanges, strict=False):
        for side in ("command", "response"):
            mine, theirs = (
                [found for found in data.found([e], file=case.file) if found.evidence.side == side]
                for e, case in ((one, reader), (two, card))
            )
            halves = [half.raw if (half := getattr(e, side)) else b"" for e in (one, two)]
            if halves[0] == halves[1]:
                continue
            pairs = [
                (a, b)
                for a, b in zip(mine, theirs, strict=False)
                if a.value != b.value and not a.node.children
            ]
            tags += [a.tag for a, _ in pairs] or ["bytes without a tag"]
            shown = [e.evidence for pair in pairs for e in pair]
            wrong += shown or [whole_half(one, side, reader.file), whole_half(two, side, card.file)]
    count = abs(len(reader.exchanges) - len(card.exchanges))
    detail = f"changed: {', '.join(dict.fromkeys(tags)) or 'nothing'}; {count} exchanges on one side only"
    proof = wrong[:20] or [whole_half(reader.exchanges[0], file=reader.file)]
    yield fails_if(wrong or count, detail, *proof)
