# SPDX-License-Identifier: MIT
"""Rules about eSIMs and access rules: test certificates, test profiles, failures that look like success."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.model import Exchange, Node
from ...crypto.defaults import name_of
from ...road.meaning import failure, tree
from ..chips.dialogue import bytes_of
from ..engine import Case, Results, fails_if, rule, steps, whole_half

ESIM, ACCESS_RULES = "euicc", "aram"
RSP = "GSMA SGP.22"
ISSUERS, KEY_IDENTIFIER = "A9", "04"
PROFILE, STATE, CLASS = "E3", "9F70", "95"
ENABLED, TEST = b"\1", b"\0"
SUCCESSES = (0x90, 0x91)
RULE, TARGET, RIGHTS, HASH, COMMANDS = "E2", "E1", "E3", "C1", "D0"
ALWAYS = b"\1"
INSTALLED = "installed"


def answers(case: Case, application: str) -> Iterator[tuple[Exchange, Node]]:
    """The answers with data of an application that say success."""
    for step in steps(case):
        sw = step.response.sw
        if step.exchange.context.application != application or not step.response.data:
            continue
        if sw is not None and sw >> 8 in SUCCESSES:
            yield step.exchange, tree(step.exchange).children[-1]


def _inside(node: Node, tag: str) -> Node | None:
    """The first part of a node with a tag; None where there is none that is whole."""
    for _, part in node.walk():
        if part.tag == tag and not part.error:
            return part
    return None


def _parts(node: Node, tag: str) -> Iterator[Node]:
    for _, part in node.walk():
        if part.tag == tag and not part.error:
            yield part


@rule("S14", "high", "the eSIM trusts a certificate issuer for tests", f"{RSP}, 5.7.8; GSMA SGP.26")
def test_issuer(case: Case) -> Results:
    """The eSIM takes profiles from servers with certificates of the test specification, which publishes private keys of
    such servers: anyone can be one. Do: expected on a test card; in the field replace it.
    """
    for exchange, half in answers(case, ESIM):
        for issuers in _parts(half, ISSUERS):
            for issuer in _parts(issuers, KEY_IDENTIFIER):
                name = name_of("certificate issuer for tests", issuer.value)
                detail = name or "an issuer that is not one of the test specification"
                yield fails_if(name, detail, bytes_of(exchange, "response", issuer))


@rule("S15", "high", "a test profile is enabled", f"{RSP}, 5.7.15; GSMA TS.48")
def test_profile(case: Case) -> Results:
    """The enabled profile is of class test. The keys of the generic test profile are published, and up to version 6
    they let anybody install applications on the eSIM. Do: delete test profiles from devices of users.
    """
    for exchange, half in answers(case, ESIM):
        for profile in _parts(half, PROFILE):
            state, kind = _inside(profile, STATE), _inside(profile, CLASS)
            if state is None or kind is None or state.value != ENABLED:
                continue
            place = bytes_of(exchange, "response", state, kind)
            detail = f"the enabled profile is of class {kind.text}"
            yield fails_if(kind.value == TEST, detail, place)


@rule(
    "S16",
    "high",
    "every program of the phone may talk to the card",
    "GlobalPlatform Secure Element Access Control 1.1, 4, 6",
)
def open_access(case: Case) -> Results:
    """An access rule of the card names no certificate and always allows all commands: any program on the phone may send
    commands to the application in question. Do: name the certificates of the programs that need it.
    """
    for exchange, half in answers(case, ACCESS_RULES):
        for entry in _parts(half, RULE):
            target, rights = _inside(entry, TARGET), _inside(entry, RIGHTS)
            if target is None or rights is None:
                continue
            who, commands = _inside(target, HASH), _inside(rights, COMMANDS)
            if commands is None:
                continue
            is_for_all = who is None or not who.value
            is_open = is_for_all and commands.value == ALWAYS
            detail = f"{_programs(is_for_all)}, commands: {commands.text or 'filtered'}"
            yield fails_if(is_open, detail, bytes_of(exchange, "response", entry))


def _programs(is_for_all: bool) -> str:
    if is_for_all:
        return "for every program"
    return "for one certificate"


@rule("S32", "low", "the eSIM failed and the status word says success", f"{RSP}, 5.7")
def hidden_failure(case: Case) -> Results:
    """The status word is 9000, but the data say that the function failed: whoever reads the status word alone believes
    that a profile is installed, enabled or deleted. Do: read the result; the tool in question should too.
    """
    for exchange, half in answers(case, ESIM):
        node = failure(half)
        place = whole_half(exchange, "response")
        if node is not None:
            yield fails_if(True, f"{node.name}: {node.text}".removesuffix(": "), place)
        elif any(part.fact.failure or part.name == INSTALLED for _, part in half.walk()):
            yield fails_if(False, "the data say success too", place)
