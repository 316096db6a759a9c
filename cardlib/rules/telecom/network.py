# SPDX-License-Identifier: MIT
"""Rules about network and card proving themselves to each other: old algorithms, repeats, failures, known keys."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from itertools import pairwise

from ...acts.sim.authentication import AUTHENTICATE, Authentication, authentications
from ...acts.sim.proofs import proofs
from ...core.model import Evidence, Exchange
from ...crypto.blocks import aes_encrypt
from ...crypto.defaults import published
from ...crypto.keyring import Key
from ..engine import Case, Missing, Result, Results, enough, fails_if, only, rule, whole_half
from ..sources import AMRRRGB12, BGW98
from .codes import TELECOM

AKA = "3GPP TS 33.102, 6.3"
USIM, USIM_PATH = "A0000000871002", "ADF.USIM"
SECOND, THIRD = "2G", "3G"
FAILURES = ("synchronisation failure", "MAC failure")
TOLD = ("success", *FAILURES)  # outcomes with which the card says what it thinks of the network
MANY_FAILURES = 3  # in a row: what a phone takes for a false network (3GPP TS 24.301, 5.4.2.7)
KEY_BITS = 10  # of the 64 of Kc that COMP128 leaves zero
FEW_KEYS = 3
MANY_CHOSEN, CHOSEN_BYTES = 100, 2
KEY_SIZE = 16
FEW_TIMED, FEW_OTHERS = 3, 10  # exchanges with a duration, below which nothing is concluded
MS = 1_000_000  # ns
FAR = 300 * MS  # more than a card computes for one challenge
MOST_COMPUTED = 20  # answers of a capture that are computed again; a card has one key


def challenges(case: Case, *contexts: str) -> list[Authentication]:
    """The challenges of networks to SIMs in these contexts, in order; all of them without one."""
    exchanges = filter(_is_challenge, case.exchanges)
    runs = list(authentications(exchanges))
    if not contexts:
        return runs
    return [run for run in runs if run.context in contexts]


def _is_challenge(exchange: Exchange) -> bool:
    command = exchange.command
    if command is None or command.ins != AUTHENTICATE:
        return False
    return exchange.context.application == TELECOM


@rule(
    "S01",
    "medium",
    "an old algorithm on a card that can do better",
    "3GPP TS 31.102, 7.1; 3GPP TS 33.102, 6.8",
)
def second_generation(case: Case) -> Results:
    """A USIM was asked in the context of 2G and answered: the network does not prove itself, and a key of 64 bits
    protects little. A false base station asks this way. Do: switch 2G off in the phone, or in the card where nobody
    needs it.
    """
    with_usim = _sessions_with_usim(case)
    for run in challenges(case, SECOND, THIRD):
        if run.exchange.session not in with_usim or run.outcome == "no answer":
            continue
        is_old = run.context == SECOND and run.outcome == "success"
        detail = f"{run.context} authentication: {run.outcome}"
        yield fails_if(is_old, detail, whole_half(run.exchange))


def _sessions_with_usim(case: Case) -> set[int]:
    """The sessions in which a USIM was selected."""
    sessions = set()
    for exchange in case.exchanges:
        context = exchange.context
        if context.aid.startswith(USIM) or context.df.startswith(USIM_PATH):
            sessions.add(exchange.session)
    return sessions


@rule("S02", "high", "keys of calls that are ten bits short", BGW98)
def short_keys(case: Case) -> Results:
    """The last ten bits of every key of a call (Kc) are zero, as in the first two versions of COMP128: the remaining 54
    bits are found in minutes, and version 1 gives up the key of the card. Do: replace the card with one that uses
    MILENAGE.
    """
    keys: dict[bytes, Evidence] = {}
    for run in challenges(case, SECOND):
        key = run.fields.get("Kc")
        if key is not None:
            keys[key.data] = key.evidence
    enough(keys, FEW_KEYS, "different keys")
    short = list(filter(_is_short, keys))
    detail = f"{len(short)} of {len(keys)} keys end in ten bits of zero"
    places = list(keys.values())
    yield fails_if(len(short) == len(keys), detail, *places[:10])


def _is_short(key: bytes) -> bool:
    """Whether the last bits of a key are zero."""
    return int.from_bytes(key) % (1 << KEY_BITS) == 0


@rule("S03", "critical", "chosen challenges search for the key of a SIM", BGW98)
def chosen_challenges(case: Case) -> Results:
    """A hundred or more challenges differ from the one before in at most two bytes: no random generator draws them so.
    They look for collisions of COMP128, which give away the key of the card. Do: find out who has the card; replace it.
    """
    runs = challenges(case, SECOND)
    enough(runs, 2, "challenges")
    chosen = [run for before, run in pairwise(runs) if _differ_little(before, run)]
    detail = f"{len(chosen)} of {len(runs)} challenges differ in two bytes from the one before"
    if chosen and len(chosen) < MANY_CHOSEN:
        raise Missing(f"{detail}, at least {MANY_CHOSEN} show a search")
    places = [run.fields["RAND"].evidence for run in chosen[:10] or runs[:10]]
    yield fails_if(chosen, detail, *places)


def _differ_little(before: Authentication, run: Authentication) -> bool:
    old, new = before.fields["RAND"].data, run.fields["RAND"].data
    if len(old) != len(new):
        return False
    difference = int.from_bytes(old) ^ int.from_bytes(new)
    changed = difference.to_bytes(len(old))
    count = len(changed) - changed.count(0)
    return 0 < count <= CHOSEN_BYTES


Pair = tuple[Authentication, Authentication]


def _repeats(case: Case, *names: str) -> tuple[list[Authentication], list[Pair]]:
    """The challenges with these fields, and the pairs of them that are equal in all of these."""
    runs = []
    first: dict[bytes, Authentication] = {}
    pairs: list[Pair] = []
    for run in challenges(case):
        parts = [run.fields[name].data for name in names if name in run.fields]
        if len(parts) < len(names):
            continue
        runs.append(run)
        values = b"".join(parts)
        if values in first:
            pairs.append((first[values], run))
        else:
            first[values] = run
    return runs, pairs


def _repeated(run: Authentication, earlier: Authentication) -> Result:
    places = (run.fields["RAND"].evidence, earlier.fields["RAND"].evidence)
    return fails_if(True, f"{run.context} challenge as before: {run.outcome}", *places)


@rule("S04", "high", "a challenge of the network is played back", AMRRRGB12, counts=True)
def replayed_challenge(case: Case) -> Results:
    """The same RAND and AUTN came before: a network draws both anew each time. Whoever plays back a recorded challenge
    learns from the kind of failure whether this is the card it was meant for, and so can follow a person. Do: find the
    sender.
    """
    runs, pairs = _repeats(case, "RAND", "AUTN")
    enough(runs, 2, "challenges")
    for earlier, run in pairs:
        yield _repeated(run, earlier)
    if not pairs:
        places = [run.fields["RAND"].evidence for run in runs[:10]]
        yield fails_if(False, f"{len(runs)} challenges, all different", *places)


@rule(
    "S19",
    "medium",
    "a random number of the network comes again",
    f"{AKA}.2; 3GPP TS 43.020, 3.3",
    counts=True,
)
def repeated_random(case: Case) -> Results:
    """RAND came before, in a challenge of 2G or with another AUTN: the same keys protect two connections, and whoever
    heard one answer knows the other. Do: the network must draw a new number for each authentication.
    """
    runs, pairs = _repeats(case, "RAND")
    enough(runs, 2, "challenges")
    new_pairs = [(earlier, run) for earlier, run in pairs if not _is_whole_repeat(earlier, run)]
    for earlier, run in new_pairs:
        yield _repeated(run, earlier)
    if not new_pairs:
        only(len(pairs) < len(runs) - 1)  # all of them are one challenge: S04 says it
        places = [run.fields["RAND"].evidence for run in runs[:10]]
        yield fails_if(False, f"{len(runs)} challenges, no number in two of them", *places)


def _is_whole_repeat(earlier: Authentication, run: Authentication) -> bool:
    """Whether AUTN is repeated too."""
    old, new = earlier.fields.get("AUTN"), run.fields.get("AUTN")
    if old is None or new is None:
        return False
    return old.data == new.data


@rule(
    "S20",
    "medium",
    "one failed authentication after another",
    f"{AKA}.5; 3GPP TS 24.301, 5.4.2.7",
    counts=True,
)
def series_of_failures(case: Case) -> Results:
    """Three challenges in a row failed, by their proof (MAC) or their sequence number: a phone takes such a network for
    a false one. Or the sequence numbers of card and network have drifted apart. Do: compare sequence numbers; see S21.
    """
    for streak, runs in _streaks(case):
        detail = f"{streak} of {len(runs)} challenges failed in a row"
        failed = list(filter(_is_failure, runs))
        places = [run.evidence for run in failed or runs[:1]]
        yield fails_if(streak >= MANY_FAILURES, detail, *places[:10])


def _streaks(case: Case) -> Iterator[tuple[int, list[Authentication]]]:
    """For each session the longest row of failures, and its challenges of 3G that were answered."""
    by_session: dict[int, list[Authentication]] = {}
    for run in challenges(case, THIRD):
        if run.outcome in TOLD:
            by_session.setdefault(run.exchange.session, []).append(run)
    for runs in by_session.values():
        longest = streak = 0
        for run in runs:
            streak += 1
            if not _is_failure(run):
                streak = 0
            longest = max(longest, streak)
        yield longest, runs


def _is_failure(run: Authentication) -> bool:
    return run.outcome in FAILURES


@rule("S21", "medium", "the network did not prove itself", f"{AKA}.3; 3GPP TS 31.102, 7.1.2")
def false_network(case: Case) -> Results:
    """The card refused the network's proof (MAC in AUTN): the network does not know the card's key, as a false base
    station does not, or it was changed on the way. Do: see where the phone was; compare the keys of a test card.
    """
    for run in challenges(case, THIRD):
        if run.outcome in TOLD:
            is_false = run.outcome == "MAC failure"
            yield fails_if(is_false, f"{run.context} authentication: {run.outcome}", run.evidence)


@rule("S22", "critical", "a SIM with a published key", "3GPP TS 35.207, 4; 3GPP TS 33.102, 6.3")
def published_key(case: Case) -> Results:
    """A key that a specification publishes as a test set produces the card's answers: anyone can be this card, or its
    network. Do: expected on a test card; in the field replace it.
    """
    answered = [run for run in challenges(case) if {"RES", "SRES"} & set(run.fields)]
    only(answered)
    # A proof without the package for AES is not checkable, as with a key that does not fit: ask first.
    aes_encrypt(bytes(KEY_SIZE), bytes(KEY_SIZE))
    runs = answered[:MOST_COMPUTED]
    names: dict[int, str] = {}
    partly: dict[int, str] = {}
    for key in _published_keys():
        for run, proof in zip(runs, proofs(runs, (key,)), strict=True):
            if proof.verdict == "verified":
                names[run.exchange.index] = key.note
            elif proof.verdict == "failed":  # some values are those of the key, another is not
                partly[run.exchange.index] = f"{key.note} makes a part of it; {proof.reason}"
    for run in runs:
        name = names.get(run.exchange.index, "")
        part = partly.get(run.exchange.index, "")
        if part and not name:
            yield Result("not-enough-data", part, (run.evidence,))
        else:
            yield fails_if(name, name or "no published key makes this answer", run.evidence)


@rule(
    "S17",
    "medium",
    "the SIM answers the network from afar",
    "the pattern of SIM boxes: what can be kept near is, and only the challenge goes to the card",
    "times",
)
def remote_card(case: Case) -> Results:
    """Every answer to a challenge of the network took far longer than the other commands: the card may be somewhere
    else, behind a line, as in a SIM box, and only what cannot be prepared goes there. A slow card does this too. Do:
    compare with the card in your hand.
    """
    challenged = [run.exchange for run in challenges(case)]
    only(challenged)
    indices = {exchange.index for exchange in challenged}
    near: list[int] = []
    far: list[int] = []
    for exchange in case.exchanges:
        if exchange.duration_ns is None:
            continue
        if exchange.index in indices:
            far.append(exchange.duration_ns)
        else:
            near.append(exchange.duration_ns)
    if len(far) < FEW_TIMED or len(near) < FEW_OTHERS:
        raise Missing(f"under {FEW_TIMED} challenges and {FEW_OTHERS} other commands with a time")
    fastest, usual = min(far), int(statistics.median(near))
    detail = f"challenges took {fastest // MS} ms or more, other commands {usual // MS} ms"
    places = [whole_half(exchange, "response") for exchange in challenged[:10]]
    yield fails_if(fastest > usual + FAR, detail, *places)


def _published_keys() -> Iterator[Key]:
    """Keys of MILENAGE that are printed: K, then OPc."""
    for value, name in published("milenage").items():
        k, opc = value[:KEY_SIZE], value[KEY_SIZE:]
        yield Key("milenage", k, note=name, published=True, operator=opc, is_derived=True)
