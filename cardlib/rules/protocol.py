# SPDX-License-Identifier: MIT
"""Rules about any card: secure messaging that ends, times that tell something, secrets in the capture, tools."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations

from ..apps.iso7816 import EXTERNAL_AUTHENTICATE, SELECT, accepted
from ..core.apdu import is_secure
from ..core.model import Command, Evidence, Exchange, Response
from ..share.survey import survey_of_all
from .engine import Case, Missing, Results, fails_if, rule, whole_half
from .sources import SM15

WELCH_LIMIT = 4.5  # above this |t|, leakage is assumed (SM15)
LEAST_ANSWERS = 30
MANY_TRIES = 20
PROPRIETARY = 0x80  # classes from here on are not those of ISO/IEC 7816-4
PC_SC_CLASS = 0xFF  # a pseudo command to the reader (PC/SC part 3, 3.2.2)
NOT_FOUND = 0x6A82
NOT_SUPPORTED = (0x6D00, 0x6E00)


@rule("X2", "medium", "the time of an answer tells its reason", f"{SM15} (Welch's t-test)", "times")
def timing_oracle(case: Case) -> Results:
    """One command, two kinds of status word, two clearly different times: whoever listens to the time learns what the
    card compared. Do: repeat the measurement with a better clock before you blame the card.
    """
    groups = _timed_answers(case.exchanges)
    compared = False
    for ins, answers in groups.items():
        large = [(sw, timed) for sw, timed in answers.items() if len(timed) >= LEAST_ANSWERS]
        for (sw_a, timed_a), (sw_b, timed_b) in combinations(large, 2):
            compared = True
            t = _welch(_durations(timed_a), _durations(timed_b))
            sizes = f"n = {len(timed_a)} and {len(timed_b)}"
            detail = f"INS {ins:02X}: {sw_a:04X} against {sw_b:04X}, t = {t:.1f}, {sizes}"
            answer_a = whole_half(timed_a[0], "response")
            answer_b = whole_half(timed_b[0], "response")
            yield fails_if(abs(t) > WELCH_LIMIT, detail, answer_a, answer_b)
    if not compared and any(len(answers) > 1 for answers in groups.values()):
        raise Missing(f"under {LEAST_ANSWERS} answers of two kinds with a duration")


def _timed_answers(exchanges: Iterable[Exchange]) -> dict[int, dict[int, list[Exchange]]]:
    """The exchanges with a duration, by instruction and by status word."""
    groups: dict[int, dict[int, list[Exchange]]] = defaultdict(lambda: defaultdict(list))
    for exchange in exchanges:
        command, response = exchange.command, exchange.response
        if command is None or response is None or response.sw is None:
            continue
        if exchange.duration_ns is not None:
            groups[command.ins][response.sw].append(exchange)
    return groups


def _durations(exchanges: Iterable[Exchange]) -> list[int]:
    return [exchange.duration_ns or 0 for exchange in exchanges]


def _welch(a: list[int], b: list[int]) -> float:
    """Welch's t of two samples; 0 where both never vary and are equal."""
    difference = statistics.fmean(a) - statistics.fmean(b)
    variance = statistics.variance(a) / len(a) + statistics.variance(b) / len(b)
    if variance:
        return difference / math.sqrt(variance)
    if difference:
        return float("inf")
    return 0.0


@rule("X3", "high", "secure messaging was dropped", "ISO/IEC 7816-4, 10")
def messaging_dropped(case: Case) -> Results:
    """After commands under secure messaging the card carries out one without, in the same application: what was
    protected is open again. Do: the card must end its session keys then; look what the command could reach.
    """
    secured: dict[tuple[int, int], bool] = {}
    for exchange in case.exchanges:
        command, response = exchange.command, exchange.response
        if command is None or response is None or command.cla == PC_SC_CLASS:
            continue
        if exchange.context.application == "emv":
            continue  # a script of EMV protects itself, not the session
        channel = (exchange.session, exchange.context.channel)
        if is_secure(command.cla):
            starts = accepted(response) and not _opens_without_protection(command)
            secured[channel] = secured.get(channel, False) or starts
        elif command.ins == SELECT and command.p1 == 4:
            secured[channel] = False
        elif secured.get(channel):
            done = accepted(response)
            outcome = "carried out" if done else "refused"
            detail = f"class {command.cla:02X} after secure messaging, {outcome}"
            yield fails_if(done, detail, whole_half(exchange))
            secured[channel] = False


def _opens_without_protection(command: Command) -> bool:
    """Whether EXTERNAL AUTHENTICATE opens a channel in which commands carry no MAC.

    Its P1 is the security level of all that follows (GlobalPlatform 2.3.1, D.4.2 and E.5.2).
    """
    is_of_globalplatform = command.cla >= PROPRIETARY and command.ins == EXTERNAL_AUTHENTICATE
    return is_of_globalplatform and command.p1 == 0


@rule("X5", "info", "secrets in this capture", "what must be hidden before a capture is shared")
def secrets(case: Case) -> Results:
    """Card numbers, names, PINs, keys and identities stand in this capture in clear. Do: cardlib redact."""
    if not case.exchanges:
        return
    survey = survey_of_all(case.exchanges)
    if survey.counts:
        counts = survey.counts.most_common()
        detail = ", ".join(f"{count} of kind {kind}" for kind, count in counts)
        yield fails_if(True, detail, *survey.first.values())
    elif survey.unexplained:
        raise Missing(f"{survey.unexplained} bytes that no row explains may be personal")
    else:
        detail = "no data element that rows mark as sensitive, and none without a row"
        yield fails_if(False, detail, whole_half(case.exchanges[0]))


@rule(
    "E102",
    "info",
    "scanning for applications or commands",
    "the pattern of tools that try everything",
)
def scanning(case: Case) -> Results:
    """Many selections of applications that are not there, or many unknown commands: a tool looks what this card can do.
    Do: nothing, if the tool is yours.
    """
    tries: Counter[str] = Counter()
    first: dict[str, Evidence] = {}
    for exchange in case.exchanges:
        target = _failed_try(exchange.command, exchange.response)
        if target:
            tries[target] += 1
            first.setdefault(target, whole_half(exchange))
    for target, count in tries.items():
        yield fails_if(count >= MANY_TRIES, f"{count} {target}", first[target])


def _failed_try(command: Command | None, response: Response | None) -> str:
    """What a command looked for in vain; empty where it did not."""
    if command is None or response is None:
        return ""
    if response.sw in NOT_SUPPORTED:
        return "unknown commands"
    if command.ins == SELECT and response.sw == NOT_FOUND:
        return "missing applications"
    return ""
