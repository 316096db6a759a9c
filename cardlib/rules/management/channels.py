# SPDX-License-Identifier: MIT
"""Rules about the secure channels of card management: keys, protocols, levels, counters, tries."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, zip_longest

from ...apps.channel import opened_command
from ...core.apdu import is_secure
from ...core.codec import to_hex
from ...core.model import Evidence
from ...crypto.defaults import name_of
from ..engine import (
    Case,
    Cases,
    Missing,
    Result,
    Results,
    fails_if,
    one_side,
    only,
    p1_of,
    rule,
    series_rule,
    whole_half,
)
from ..joining import joined_by
from ..sources import AF18
from .steps import (
    AMENDMENT_D,
    CHANGES,
    DONE,
    GP,
    Authentication,
    Step,
    authentications,
    steps,
)

C_MAC_ALONE = 0x01
SCP02 = 2
DEPRECATED = {1: "SCP01", 2: "SCP02"}
MANY_TRIES = 3
FAMILIAR_SIZE = 8  # the first bytes of a challenge, which may have 16


@rule("G01", "critical", "the card has keys that are published", f"{GP}, E.4.2; D.3.1")
def default_keys(case: Case) -> Results:
    """The cryptogram of the card is made with a key that manuals and tools print: whoever knows it can load and delete
    applications at will. Do: replace the factory keys before the card leaves the house.
    """
    for authentication in authentications(case):
        match = authentication.channel.match
        if match.problem:
            raise Missing(match.problem)
        version = authentication.greeting.key_version
        detail = f"key version {version}: no published key"
        if match.is_published:
            detail = f"key version {version}: {match.note}"
        elif match.session is not None:
            detail = f"key version {version}: a key of yours"
        yield fails_if(match.is_published, detail, authentication.cryptogram)


@rule("G02", "high", "card management without protection", f"{GP}, 10.6 and 11")
def unprotected(case: Case) -> Results:
    """The card changed its content, keys or life cycle by commands without a MAC: anyone between host and card could
    have sent or changed them. Do: ask for C-MAC at least, and let the security domain insist on it.
    """
    changes = list(steps(case, *CHANGES))
    only(changes)
    bare = [step for step in changes if not is_secure(step.command.cla)]
    shown = bare or changes
    detail = f"{len(bare)} of {len(changes)} commands without a MAC"
    yield fails_if(bare, detail, *[whole_half(step.exchange) for step in shown[:8]])


@rule("G04", "medium", "an old secure channel protocol", f"{AF18}; {GP}, D.1 and E.1")
def old_protocol(case: Case) -> Results:
    """SCP01 and SCP02 rest on DES; the padding of enciphered commands of SCP02 can be used to read them, and both are
    deprecated. Do: use SCP03 or SCP11.
    """
    for authentication in authentications(case):
        protocol = authentication.greeting.protocol
        place = Evidence(authentication.exchange.index, "response", 11, 12)
        detail = DEPRECATED.get(protocol, f"SCP{protocol:02X}")
        yield fails_if(protocol in DEPRECATED, detail, place)


def cards_of(case: Case) -> Iterator[bytes]:
    """The cards, by diversification data and key version."""
    for authentication in authentications(case):
        greeting = authentication.greeting
        yield greeting.card_data + bytes((greeting.key_version,))


@series_rule(
    "G05", "high", "the counter of a card does not rise", f"{GP}, E.1.2.2; {AMENDMENT_D}, 6.2.2.1"
)
@joined_by(cards_of)
def counters(cases: Cases) -> Results:
    """After a successful authentication the sequence counter of the same keys must be higher: otherwise the session
    keys, or a challenge derived from the counter, come again. Do: treat the card as an emulator.
    """
    by_keys: dict[tuple[bytes, int], list[Authentication]] = {}
    for case in one_side(cases):
        for authentication in authentications(case):
            greeting = authentication.greeting
            if greeting.counter:
                key = (greeting.card_data, greeting.key_version)
                by_keys.setdefault(key, []).append(authentication)
    for series in by_keys.values():
        for first, second in pairwise(series):
            if not first.is_done:
                continue
            before = int.from_bytes(first.greeting.counter)
            after = int.from_bytes(second.greeting.counter)
            detail = f"counter {before}, then {after}"
            if first.case is not second.case and _may_be_older(first, second):
                reason = "which of two captures is older is not known"
                yield Result("not-enough-data", f"{detail}: {reason}")
                continue
            place = Evidence(second.exchange.index, "response", 0, 28, second.case.file)
            yield fails_if(after <= before, detail, place)


def _may_be_older(first: Authentication, second: Authentication) -> bool:
    """Whether the counters are right if the second of two captures was made before the first."""
    before, after = (int.from_bytes(part.greeting.counter) for part in (first, second))
    return after < before or (after == before and not second.is_done)


@rule("G06", "low", "MACs alone protect card management", f"{GP}, 10.6; {AMENDMENT_D}, 7.1.2.1")
def macs_alone(case: Case) -> Results:
    """The security level is C-MAC only: what is loaded, installed and personalised is readable on the way. Do: ask for
    command encryption, and with SCP03 for protection of the answers.
    """
    changed = {
        (step.exchange.session, step.exchange.context.channel) for step in steps(case, *CHANGES)
    }
    for authentication in authentications(case):
        answer = authentication.answer
        if answer is None or not authentication.is_done or authentication.level & 1 == 0:
            continue
        if (answer.session, answer.context.channel) not in changed:
            continue
        level = authentication.level
        detail = f"security level {level:02X}"
        yield fails_if(level & 3 == C_MAC_ALONE, detail, p1_of(answer))


@rule("G09", "medium", "tries to authenticate to card management", f"{GP}, 10.2.2", counts=True)
def tries(case: Case) -> Results:
    """EXTERNAL AUTHENTICATE was refused again and again: somebody tries keys, or a host has the wrong ones. Many cards
    lock for good after some tries. Do: find out who it was; look at the counter before the next try.
    """
    refused = []
    for authentication in authentications(case):
        answer = authentication.answer
        if answer is not None and answer.response is not None and answer.response.sw != DONE:
            refused.append(answer)
    only(refused)
    detail = f"{len(refused)} refused"
    yield fails_if(len(refused) >= MANY_TRIES, detail, whole_half(refused[-1], "response"))


def keys_of(case: Case) -> Iterator[bytes]:
    """The static keys of a caller that open channels."""
    for authentication in authentications(case):
        match = authentication.channel.match
        if match.static is not None and not match.is_published:
            yield match.static.enc + match.static.mac


@series_rule(
    "G10",
    "high",
    "several cards have the same card keys",
    f"{GP}, E.4.1; EMV CPS 1.1, 4.1",
    "your keys, several cards",
)
@joined_by(keys_of)
def not_diversified(cases: Cases) -> Results:
    """One set of static keys opens cards with different diversification data: whoever has it from one card has it for
    all. G01 reports published keys. Do: derive the keys of each card from a master key.
    """
    by_keys: dict[bytes, dict[bytes, Authentication]] = {}
    for case in cases:
        for authentication in authentications(case):
            match = authentication.channel.match
            if match.static is None or match.is_published:
                continue
            keys = match.static.enc + match.static.mac
            by_keys.setdefault(keys, {}).setdefault(
                authentication.greeting.card_data, authentication
            )
    only(sum(len(cards) for cards in by_keys.values()) > 1)
    for cards in by_keys.values():
        *_, last = cards.values()
        place = Evidence(last.exchange.index, "response", 0, 10, last.case.file)
        detail = f"{len(cards)} cards with the same keys"
        if len(cards) == 1:
            detail = "a card with keys of its own"
        yield fails_if(len(cards) > 1, detail, place)


@rule(
    "G19", "high", "the card accepts what it must refuse", f"{GP}, E.4.4 and E.5.2", "keys that fit"
)
def wrong_but_accepted(case: Case) -> Results:
    """A cryptogram of the host or a MAC does not verify with the keys that made the card's own cryptogram, and the card
    answered 9000. Do: do not use this card or applet; anyone in between can send it commands.
    """
    judged = list(_judged_authentications(case))
    doubtful: list[Evidence] = []
    commands = list(_commands_with_mac(case))
    for step, following in zip_longest(commands, commands[1:]):
        place = whole_half(step.exchange)
        if _is_right(step):
            judged.append((True, place))
        elif following is not None and _goes_on(step, following):
            judged.append((False, place))
        else:
            doubtful.append(place)
    wrong = [place for is_right, place in judged if not is_right]
    if wrong:
        detail = f"{len(wrong)} of {len(judged)} do not verify and were accepted"
        yield Result("fail", detail, tuple(wrong[:8]))
    elif doubtful:
        detail = f"{len(doubtful)} MACs do not verify; a command may be missing before them"
        yield Result("not-enough-data", detail, tuple(doubtful[:8]))
    elif judged:
        yield Result("pass", f"{len(judged)} verify", (judged[0][1],))


Judged = tuple[bool, Evidence]


def _judged_authentications(case: Case) -> Iterator[Judged]:
    """Whether cryptogram and MAC of each accepted EXTERNAL AUTHENTICATE are right."""
    for authentication in authentications(case):
        session = authentication.channel.session
        answer = authentication.answer
        if (
            session is None
            or answer is None
            or answer.command is None
            or answer.command.error
            or not authentication.is_done
        ):
            continue
        opened, _ = session.authenticated(answer.command.raw[:4], answer.command.data)
        is_right = bool(opened.is_right) and opened.data == session.host_cryptogram
        yield is_right, whole_half(answer)


def _commands_with_mac(case: Case) -> Iterator[Step]:
    """The accepted commands whose MAC can be checked; without those that the capture cut off."""
    for step in steps(case, *CHANGES):
        channel = step.channel
        if channel is None or channel.session is None or not channel.level:
            continue
        if step.response.sw == DONE and is_secure(step.command.cla) and not step.command.error:
            yield step


def _is_right(step: Step) -> bool:
    """Whether the MAC of a command is right."""
    if step.channel is None:
        return False
    opened, _ = opened_command(step.channel, step.command)
    return bool(opened.is_right)


def _goes_on(step: Step, following: Step) -> bool:
    """Whether the next MAC follows from the right one of a command with a wrong one.

    Each MAC is made over the one before (E.4.4; Amendment D, 6.2.4): then no command is missing between.
    """
    channel = step.channel
    if channel is None:
        return False
    opened, after = opened_command(channel, step.command)
    if channel.greeting.protocol == SCP02:  # there the session goes on from the MAC that was sent
        if opened.data is None:
            return False
        _, after = channel.session.wrap(step.command.raw[:4], opened.data)
    again, _ = after.open_command(following.command.raw[:4], following.command.data)
    return bool(again.is_right)


@rule(
    "G20",
    "medium",
    "the challenge of the host is not random",
    f"{GP}, E.5.1; {AMENDMENT_D}, 6.2.1",
    counts=True,
)
def host_challenge(case: Case) -> Results:
    """The host sent the same challenge twice, or one that everybody uses in examples: a recorded answer of the card can
    be played back to it. Do: take the challenge from a random number generator.
    """
    seen: set[bytes] = set()
    for authentication in authentications(case):
        challenge = authentication.greeting.host
        text = to_hex(challenge)
        size = len(challenge)
        place = Evidence(authentication.exchange.index, "command", 5, 5 + size)
        detail = "a challenge of its own"
        is_familiar = bool(name_of("challenge of a host", challenge[:FAMILIAR_SIZE]))
        is_again = challenge in seen
        if is_again:
            detail = f"{text} again"
        elif is_familiar:
            detail = f"{text} stands in examples"
        seen.add(challenge)
        yield fails_if(is_again or is_familiar, detail, place)
