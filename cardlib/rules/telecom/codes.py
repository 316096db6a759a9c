# SPDX-License-Identifier: MIT
"""Rules about the codes of a SIM: sent in clear, guessed, switched off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...apps.instructions import CHANGE_PIN, SELECT, SIM, VERIFY, accepted
from ...core.apdu import is_secure
from ...core.model import Command, Exchange, Node
from ...road.meaning import tree
from ..chips.dialogue import bytes_of, data_of
from ..engine import Case, Result, Results, Step, fails_if, rule, steps, whole_half

TELECOM = "telecom"  # the data file of SIM and UICC
SHEETS = "ETSI TS 102 221, 9.5, 11.1.9 to 11.1.13; 3GPP TS 51.011, 9.2.9 to 9.2.13"
DISABLE, UNBLOCK, STATUS = 0x26, 0x2C, 0xF2
SUCCESS = 0x9000
PROACTIVE = 0x91  # first byte of the status word where it is done and a proactive command waits
# A wrong code: 63CX, and of a SIM 9804; a blocked one: 6983, and of a SIM 9840 (TS 102 221, 10.2; TS 51.011, 9.4)
WRONG_WITH_TRIES, WRONG_IN_SIM = 0x63, 0x9804
BLOCKED = (0x6983, 0x9840)
MANY_WRONG = 2
# References of codes (TS 102 221, 9.5.1): of the administrator; of the user, that is, of applications and for all
ADMINISTRATIVE = frozenset((*range(0x0A, 0x0F), *range(0x8A, 0x8F)))
ADMINISTRATIVE_IN_SIM = range(0x04, 0x10)
USER = frozenset((*range(0x01, 0x09), 0x11))
STATUS_BITS, KEY_REFERENCE = "90", "83"
States = tuple[tuple[int, bool], ...]
CHV1 = 0x01
# How the rows call them
CHV_STATUS, TEMPLATE, TEMPLATE_TAG = "CHV1 disabled", "PIN status template", b"\xc6"


def code_steps(case: Case, *instructions: int) -> Iterator[Step]:
    """The commands with codes that a SIM was sent; questions without a code are left out."""
    for step in steps(case):
        command = step.command
        if command.ins not in instructions or not command.data:
            continue
        if step.exchange.context.application == TELECOM:
            yield step


def is_administrative(command: Command) -> bool:
    """Whether the code is one of the administrator, not of the user."""
    if command.cla == SIM:
        return command.p2 in ADMINISTRATIVE_IN_SIM
    return command.p2 in ADMINISTRATIVE


def is_taken(step: Step) -> bool:
    """Whether the card took the code, or did what was asked with it."""
    sw = step.response.sw
    return sw is not None and (sw == SUCCESS or sw >> 8 == PROACTIVE)


def _in_clear(step: Step, what: str) -> Result:
    """Whether a code goes over the wire as it is."""
    is_clear = not is_secure(step.command.cla)
    detail = f"{what} under secure messaging"
    if is_clear:
        detail = f"{what} in clear"
    return fails_if(is_clear, detail, data_of(step.exchange))


@rule("S23", "medium", "the PIN of a SIM in clear", SHEETS)
def pin_in_clear(case: Case) -> Results:
    """The phone sends the PIN as it is: whoever taps the contacts has it, and so does this capture. Do: usual with
    phones; redact this capture, and use a secure channel (TS 102 484) where the reader is not yours.
    """
    for step in code_steps(case, VERIFY):
        if not is_administrative(step.command):
            yield _in_clear(step, "the PIN")


@rule("S24", "critical", "the administrator's code in clear", SHEETS)
def administrator_in_clear(case: Case) -> Results:
    """The card took an administrator's code (ADM) in clear: whoever reads it here may write the files that it protects.
    Do: redact this capture; write files over secured packets (OTA), and never use one such code for several cards.
    """
    for step in code_steps(case, VERIFY):
        if not is_administrative(step.command):
            continue
        if is_taken(step):
            yield _in_clear(step, "the administrator's code")
        else:
            yield fails_if(False, "a code that the card did not take", data_of(step.exchange))


@rule("S25", "medium", "a new PIN or an unblocking code in clear", SHEETS)
def new_code_in_clear(case: Case) -> Results:
    """CHANGE PIN or UNBLOCK PIN carries the old secret and the new one as they are. The unblocking code (PUK) never
    changes: with it the PIN can be set again. Do: redact this capture; change PINs where nobody can listen.
    """
    for step in code_steps(case, CHANGE_PIN, UNBLOCK):
        what = "old and new PIN"
        if step.command.ins == UNBLOCK:
            what = "unblocking code and new PIN"
        yield _in_clear(step, what)


@rule("S26", "medium", "a code of a SIM is guessed", SHEETS, counts=True)
def code_search(case: Case) -> Results:
    """Two or more wrong codes in one session, or a code that is blocked. Do: ask who held the card."""
    wrong: Counter[tuple[int, int, int]] = Counter()
    for step in code_steps(case, VERIFY, UNBLOCK):
        command, sw = step.command, step.response.sw
        if sw is None:
            continue
        code = (step.exchange.session, command.ins, command.p2)
        is_blocked = sw in BLOCKED
        if is_blocked or sw == WRONG_IN_SIM or sw >> 8 == WRONG_WITH_TRIES:
            wrong[code] += 1
        elif not is_taken(step):
            continue  # it says nothing of the code
        count = wrong[code]
        is_search = is_blocked or count >= MANY_WRONG
        detail = f"{count} wrong, the last answer {sw:04X}"
        yield fails_if(is_search, detail, whole_half(step.exchange, "response"))
        if is_taken(step):
            wrong[code] = 0


@rule("S07", "low", "the PIN of a SIM is switched off", f"{SHEETS}; ETSI TS 102 221, 11.1.1.4.10")
def pin_disabled(case: Case) -> Results:
    """The card asks for no PIN: whoever finds it can use it in any phone. Do: usual with many operators; switch the PIN
    on where the number opens other accounts.
    """
    seen: set[tuple[int, States]] = set()
    for exchange, node in _statuses(case):
        states = _states(node)
        content = (exchange.session, states)
        if not states or content in seen:
            continue
        seen.add(content)
        count = sum(is_enabled for _, is_enabled in states)
        detail = f"{count} of {len(states)} PINs of the user enabled"
        yield fails_if(not count, detail, bytes_of(exchange, "response", node))
    for step in code_steps(case, DISABLE):
        if is_taken(step):
            yield fails_if(True, "DISABLE PIN was carried out", whole_half(step.exchange))


def _statuses(case: Case) -> Iterator[tuple[Exchange, Node]]:
    """What answers to SELECT and STATUS say of PINs."""
    for step in steps(case):
        command, response = step.command, step.response
        if command.ins not in (SELECT, STATUS) or not accepted(response):
            continue
        may_tell = command.cla == SIM or TEMPLATE_TAG in response.data
        if not may_tell or not response.data:
            continue
        for _, node in tree(step.exchange).children[-1].walk():
            if not node.error and node.name.startswith((CHV_STATUS, TEMPLATE)):
                yield step.exchange, node


def _states(node: Node) -> States:
    """The user's PINs and whether each is enabled; the first bit is about the first reference, and so on."""
    if node.name == CHV_STATUS:
        return ((CHV1, node.text == "no"),)
    bits = "".join(f"{byte:08b}" for byte in _values(node, STATUS_BITS))
    references = _values(node, KEY_REFERENCE)
    states = []
    for reference, bit in zip(references, bits, strict=False):
        if reference in USER:
            states.append((reference, bit == "1"))
    return tuple(states)


def _values(template: Node, tag: str) -> bytes:
    """The values of all objects with a tag, together."""
    return b"".join(node.value for node in template.children if node.tag == tag)
