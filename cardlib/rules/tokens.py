# SPDX-License-Identifier: MIT
"""Rules about tokens that sign and decipher (PIV, OpenPGP): PINs in clear, factory PINs and keys, keys used without."""

from __future__ import annotations

from collections.abc import Iterator

from ..apps.instructions import CHANGE_PIN, GENERAL_AUTHENTICATE, INTERNAL_AUTHENTICATE, VERIFY
from ..core.apdu import is_secure
from ..core.model import Exchange
from ..core.tlv import first
from ..crypto.blocks import aes_encrypt, encrypt
from ..crypto.defaults import name_of, published
from .chips.dialogue import data_of
from .engine import Case, Missing, Result, Results, Step, fails_if, rule, steps, whole_half
from .pins import earlier_by_index, needs_pin

TOKENS = ("piv", "openpgp")
PIV_SHEET = "NIST SP 800-73-4 part 2, 3.2"
SHEETS = f"{PIV_SHEET}; OpenPGP card 3.4, 7.2"
DELIVERY = "manuals of Yubico and of the OpenPGP card"
RESET_RETRY_COUNTER = 0x2C
PERFORM_SECURITY_OPERATION = 0x2A
SUCCESS, BLOCKED = 0x9000, 0x6983
SELECTED = "selected"  # the context is known from the capture
WRONG = 0x63  # first byte of the status word; the tries that are left stand in the second
MANY_WRONG = 2
PUK_SIZE = 8
MANAGEMENT_KEY = 0x9B
# Private keys of PIV that want the PIN: authentication, signature, key management (SP 800-73-4 part 1).
GUARDED_KEYS = (0x9A, 0x9C, 0x9D)
OPENPGP_USES = ((PERFORM_SECURITY_OPERATION, 0x9E), (PERFORM_SECURITY_OPERATION, 0x80))
TRIPLE_DES = (
    0x00,
    0x03,
)  # algorithm of a PIV key (SP 800-78-4, table 6-2); others of this key are AES
WITNESS, CHALLENGE, RESPONSE = "80", "81", "82"  # in the template 7C (SP 800-73-4 part 2, 3.2.4)


def token_steps(case: Case, *instructions: int) -> Iterator[Step]:
    """The commands to tokens with these instructions."""
    for step in steps(case):
        is_token = step.exchange.context.application in TOKENS
        if is_token and step.command.ins in instructions and step.command.cla < 0x80:
            yield step


@rule("V01", "high", "the PIN of a token in clear", SHEETS)
def pin_in_clear(case: Case) -> Results:
    """VERIFY carries the PIN as it is: whoever taps the wire, or listens to the air, has it, and so has this capture.
    Do: redact this capture; over the air use secure messaging.
    """
    for step in token_steps(case, VERIFY):
        if step.command.data:
            is_clear = not is_secure(step.command.cla)
            detail = "VERIFY under secure messaging"
            if is_clear:
                detail = "VERIFY with the PIN in clear"
            yield fails_if(is_clear, detail, data_of(step.exchange))


@rule("V02", "critical", "a factory PIN opens the token", DELIVERY)
def factory_pin(case: Case) -> Results:
    """The token took the PIN, administrator's PIN or unblocking code with which it is delivered: whoever finds it can
    use it. Do: change all of them.
    """
    for step in token_steps(case, VERIFY, RESET_RETRY_COUNTER):
        data, application = step.command.data, step.exchange.context.application
        if not data or step.response.sw != SUCCESS or is_secure(step.command.cla):
            continue
        kind = f"{application} {step.command.p2:02X}"
        if step.command.ins == RESET_RETRY_COUNTER:
            kind = f"{application} unblocking"
            data = data[:PUK_SIZE]
        if published(kind):
            name = name_of(kind, data)
            yield fails_if(
                name, name or "accepted, and not that of delivery", data_of(step.exchange)
            )


@rule("V03", "critical", "the factory key manages the token", f"{PIV_SHEET}.4; {DELIVERY}")
def factory_key(case: Case) -> Results:
    """The management key of a PIV token is the one with which it is delivered: anybody can load keys and certificates.
    Do: set a key of your own, or let the PIN protect one.
    """
    asked: Step | None = None
    for step in token_steps(case, GENERAL_AUTHENTICATE):
        if asked and step.response.sw == SUCCESS:
            pair = _ciphered_pair(asked, step)
            if pair:
                yield _tried(step, *pair, asked)
        asked = None
        if step.command.p2 == MANAGEMENT_KEY and step.response.sw == SUCCESS:
            asked = step


def _ciphered_pair(asked: Step, step: Step) -> tuple[bytes, bytes] | None:
    """A value and the same enciphered with the management key: of a challenge, or of a witness."""
    given = first(asked.response.data, WITNESS, CHALLENGE)
    returned = first(step.command.data, WITNESS, RESPONSE)
    if CHALLENGE in given and RESPONSE in returned:
        return given[CHALLENGE], returned[RESPONSE]
    if WITNESS in given and WITNESS in returned:
        return returned[WITNESS], given[WITNESS]
    return None


def _tried(step: Step, plain: bytes, ciphered: bytes, asked: Step) -> Result:
    """Whether the factory key enciphers one to the other."""
    places = (whole_half(asked.exchange, "response"), whole_half(step.exchange))
    encipher = aes_encrypt
    if step.command.p1 in TRIPLE_DES:
        encipher = encrypt
    for key, name in published("piv 9B").items():
        if encipher(key, plain) == ciphered:
            return fails_if(True, name, *places)
    return fails_if(False, "not the key of delivery", *places)


@rule("V04", "high", "a private key used without a PIN", SHEETS)
def key_without_pin(case: Case) -> Results:
    """The token signed, deciphered or proved itself, and no PIN was checked before in this session: whoever has the
    token, or another program on the owner's computer, can use the key. Do: set the PIN policy of the key.
    """
    uses = list(_key_uses(case))
    before_each = earlier_by_index(case) if uses else {}
    for exchange, what in uses:
        if exchange.context.how != SELECTED:
            raise Missing("the selection of the application is not in this capture")
        yield needs_pin(what, before_each[exchange.index], exchange)


def _key_uses(case: Case) -> Iterator[tuple[Exchange, str]]:
    """Where a private key that wants a PIN was used, and what for."""
    for step in token_steps(
        case, GENERAL_AUTHENTICATE, PERFORM_SECURITY_OPERATION, INTERNAL_AUTHENTICATE
    ):
        command = step.command
        if step.response.sw != SUCCESS or not step.response.data:
            continue
        if step.exchange.context.application == "piv":
            answered = first(step.response.data, RESPONSE)
            if command.p2 in GUARDED_KEYS and answered.get(RESPONSE):
                yield step.exchange, f"key {command.p2:02X}"
        elif command.ins == INTERNAL_AUTHENTICATE or (command.ins, command.p1) in OPENPGP_USES:
            yield step.exchange, "a private key"


@rule("V05", "medium", "the PIN of a token is guessed", SHEETS, counts=True)
def pin_search(case: Case) -> Results:
    """Two or more wrong PINs in one session, or a PIN that is blocked. Do: ask who held the token."""
    wrong: dict[tuple[int, int], list[Exchange]] = {}
    for step in token_steps(case, VERIFY):
        sw = step.response.sw
        if not step.command.data or sw is None:
            continue
        tries = wrong.setdefault((step.exchange.session, step.command.p2), [])
        if sw >> 8 == WRONG:
            tries.append(step.exchange)
        elif sw not in (SUCCESS, BLOCKED):
            continue  # it says nothing of the PIN
        is_search = sw == BLOCKED or len(tries) >= MANY_WRONG
        detail = f"{len(tries)} wrong, the last answer {sw:04X}"
        yield fails_if(is_search, detail, whole_half(step.exchange, "response"))
        if sw == SUCCESS:
            tries.clear()


@rule("V07", "high", "a new PIN in clear", SHEETS)
def new_pin_in_clear(case: Case) -> Results:
    """CHANGE REFERENCE DATA or RESET RETRY COUNTER carries the old secret and the new one as they are. Do: redact this
    capture; change PINs where nobody can listen.
    """
    for step in token_steps(case, CHANGE_PIN, RESET_RETRY_COUNTER):
        if step.command.data:
            is_clear = not is_secure(step.command.cla)
            detail = "new PIN under secure messaging"
            if is_clear:
                detail = "new PIN in clear"
            yield fails_if(is_clear, detail, data_of(step.exchange))
