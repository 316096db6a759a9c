# SPDX-License-Identifier: MIT
"""Rules about any card: secure messaging that ends, times that tell something, secrets in the capture, tools."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

from ..apps.iso7816 import CHALLENGES, EXTERNAL_AUTHENTICATE, SELECT, accepted
from ..core.apdu import is_secure
from ..core.escape import counted
from ..core.model import Command, Exchange, Response
from ..share.survey import survey_of_all
from .engine import Case, Missing, Result, Results, fails_if, rule, whole_half
from .sources import SM15

WELCH_LIMIT = 4.5  # above this |t|, leakage is assumed (SM15)
LEAST_ANSWERS = 30
MANY_TRIES = 20
PROPRIETARY = 0x80  # classes from here on are not those of ISO/IEC 7816-4
PC_SC_CLASS = 0xFF  # a pseudo command to the reader (PC/SC part 3, 3.2.2)
NOT_FOUND = 0x6A82
FAULTS_OF_MESSAGING = (0x6982, 0x6987, 0x6988)
LEVEL_OF_COMMANDS = 0x03  # C-MAC and C-DECRYPTION; what protects answers alone stands in other bits
INITIALIZE_UPDATE = 0x50  # GlobalPlatform 2.3.1, E.5.1
MANAGE_SECURITY_ENVIRONMENT = 0x22
BEGINS_SESSION = (MANAGE_SECURITY_ENVIRONMENT, *CHALLENGES)
MASTER_FILE = bytes.fromhex("3F00")
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
    damaged = case.hole(())
    for exchange in case.exchanges:
        command, response = exchange.command, exchange.response
        if exchange.index in case.broken:
            secured = {}  # it may have been a selection, or the end of the keys
            continue
        if command is None or response is None or command.cla == PC_SC_CLASS:
            continue
        if exchange.context.application == "emv":
            continue  # a script of EMV protects itself, not the session
        channel = (exchange.session, exchange.context.channel)
        was_secured = secured.get(channel, False)
        if is_secure(command.cla):
            secured[channel] = _goes_on_secured(command, response, was_secured)
        elif _begins_anew(command):
            secured[channel] = False
        elif was_secured:
            if damaged:
                raise Missing(f"something may be hidden here: {damaged}")
            done = accepted(response)
            outcome = "carried out" if done else "refused"
            detail = f"class {command.cla:02X} after secure messaging, {outcome}"
            yield fails_if(done, detail, whole_half(exchange))
            secured[channel] = False


def _goes_on_secured(command: Command, response: Response, was_secured: bool) -> bool:
    """Whether the next command must be protected, after one that was.

    P1 of EXTERNAL AUTHENTICATE is the security level of all that follows (GlobalPlatform 2.3.1, D.4.2 and E.5.2). A
    card that finds a fault in the protection ends the session and answers so in clear (ICAO 9303-11, 9.8.7).
    """
    if response.sw in FAULTS_OF_MESSAGING and not response.data:
        return False
    if not accepted(response):
        return was_secured
    is_of_globalplatform = command.cla >= PROPRIETARY and command.ins == EXTERNAL_AUTHENTICATE
    return not is_of_globalplatform or bool(command.p1 & LEVEL_OF_COMMANDS)


def _begins_anew(command: Command) -> bool:
    """Whether a command in clear leaves the application, or begins another session of secure messaging."""
    if command.ins == SELECT:
        return command.p1 == 4 or command.data in (b"", MASTER_FILE)
    if command.cla >= PROPRIETARY:
        return command.ins == INITIALIZE_UPDATE
    return command.ins in BEGINS_SESSION


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
    elif survey.first_closed:
        size = counted(survey.closed_bytes, "byte")
        detail = f"{size} that no row explains, or lets be shared, may be personal"
        yield Result("not-enough-data", detail, (survey.first_closed,))
    else:
        detail = (
            "no data element that rows mark as sensitive, and none that they do not let be shared"
        )
        yield fails_if(False, detail, whole_half(case.exchanges[0]))


@rule(
    "E102",
    "info",
    "scanning for applications or commands",
    "the pattern of tools that try everything",
    counts=True,
)
def scanning(case: Case) -> Results:
    """Selections of many applications that are not there, or many different commands that the card does not know, in
    one session: a tool looks what this card can do. One that is asked for again and again is no search.
    Do: nothing, if the tool is yours.
    """
    tries: dict[tuple[int, str], dict[bytes, Exchange]] = {}
    for exchange in case.exchanges:
        kind, target = _failed_try(exchange.command, exchange.response)
        if kind:
            by_target = tries.setdefault((exchange.session, kind), {})
            by_target.setdefault(target, exchange)
    for (_, kind), by_target in tries.items():
        first, *_ = by_target.values()
        detail = f"{len(by_target)} {kind}"
        yield fails_if(len(by_target) >= MANY_TRIES, detail, whole_half(first))


def _failed_try(command: Command | None, response: Response | None) -> tuple[str, bytes]:
    """What kind of thing a command looked for in vain, and which one; empty where it did not.

    P1 04 selects an application by its name, any other P1 a file (ISO/IEC 7816-4, 11.2.2).
    """
    if command is None or response is None:
        return "", b""
    if response.sw in NOT_SUPPORTED:
        return "unknown commands", command.raw[:2]
    if command.ins == SELECT and command.p1 == 4 and response.sw == NOT_FOUND:
        return "missing applications", command.data
    return "", b""
