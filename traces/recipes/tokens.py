# SPDX-License-Identifier: MIT
"""What happens to tokens: logins and signatures as they should be, guessed PINs, borrowed certificates, copies."""

from __future__ import annotations

from random import Random

import spellings

from traces.makers import token_keys
from traces.makers.fido import Authenticator
from traces.makers.openpgp import OpenPgpCard
from traces.makers.piv import AUTHENTICATION, HOLDER, PivCard, holding
from traces.makers.smart_token import Secret, Token
from traces.makers.times import Tape
from traces.makers.token_reader import (
    FOR_ALL_ELSE,
    FOR_ONE_SIGNATURE,
    FidoClient,
    OpenPgpProgram,
    PivProgram,
)

FACTORY_PIN = b"123456"
USER = "jane@example.org"


def _begun(name: str, seed: int, card: Token, protocol: str = "T=1") -> tuple[Tape, Random]:
    """The card is in the reader."""
    tape = Tape(name, seed, protocol)
    tape.power_on(card.power_on())
    return tape, Random(seed)


def piv_login() -> bytes:
    """A login, then a signature, each after the PIN."""
    card = PivCard()
    tape, random = _begun("piv_login", 81, card)
    program = PivProgram(tape.over(card.answer))
    program.begin()
    program.verify()
    program.prove(random.randbytes(32))
    program.verify()
    program.sign(b"an order")
    return spellings.card(tape, "piv_login")


def piv_guess() -> bytes:
    """Somebody who found the card tries PINs until it is blocked."""
    card = PivCard()
    tape, _ = _begun("attack_piv_guess", 82, card)
    program = PivProgram(tape.over(card.answer))
    program.begin()
    for guess in (b"284500", b"284571", b"284715", b"284517"):
        program.verify(guess + b"\xff\xff")
    return spellings.card(tape, "attack_piv_guess")


def piv_borrowed() -> bytes:
    """A card that shows a certificate of somebody else's key, copied from an intercepted login."""
    held = holding()
    other = token_keys.rsa_key("document signer")
    held.certificates[AUTHENTICATION] = token_keys.certificate(other, HOLDER, 4699)
    card = PivCard(held)
    tape, random = _begun("attack_piv_borrowed", 83, card)
    program = PivProgram(tape.over(card.answer))
    program.begin()
    program.verify()
    program.prove(random.randbytes(32))
    return spellings.card(tape, "attack_piv_borrowed")


def piv_signs_on() -> bytes:
    """The key for signatures was set up to want the PIN once: a program signs a second order behind the first."""
    card = PivCard(always_asks=False)
    tape, _ = _begun("attack_piv_signs_on", 84, card)
    program = PivProgram(tape.over(card.answer))
    program.begin()
    program.verify()
    program.sign(b"an order")
    program.sign(b"another order")
    return spellings.card(tape, "attack_piv_signs_on")


def _openpgp(name: str, seed: int, card: OpenPgpCard, pin: bytes) -> bytes:
    """A mail is signed, a login made, a mail deciphered."""
    tape, random = _begun(name, seed, card)
    program = OpenPgpProgram(tape.over(card.answer))
    program.begin()
    program.verify(FOR_ONE_SIGNATURE, pin)
    program.sign(b"a mail")
    program.verify(FOR_ALL_ELSE, pin)
    program.log_in(random.randbytes(32))
    program.decipher(token_keys.point(token_keys.curve_key("sender of a mail")))
    return spellings.card(tape, name)


def openpgp_day() -> bytes:
    """With a PIN of the holder's own."""
    card = OpenPgpCard()
    return _openpgp("openpgp_day", 85, card, card.pins[FOR_ONE_SIGNATURE].value)


def openpgp_factory() -> bytes:
    """With the PIN with which the card was delivered."""
    card = OpenPgpCard()
    card.pins[FOR_ONE_SIGNATURE] = Secret(FACTORY_PIN)
    return _openpgp("attack_openpgp_factory", 86, card, FACTORY_PIN)


def _registered(client: FidoClient, random: Random) -> bytes:
    client.begin()
    credential = client.register(USER, random.randbytes(32))
    client.log_in(credential, random.randbytes(32))
    return credential


def fido_logins() -> bytes:
    """A key for a site, then two logins on two days."""
    key = Authenticator()
    tape, random = _begun("fido_logins", 87, key, "contactless")
    client = FidoClient(tape.over(key.answer))
    credential = _registered(client, random)
    tape.power_on(key.power_on())
    client.begin()
    client.log_in(credential, random.randbytes(32))
    return spellings.card(tape, "fido_logins")


def fido_copy() -> bytes:
    """The owner logs in; then a copy that was made before does, and it counts from where it was copied."""
    key = Authenticator()
    tape, random = _begun("attack_fido_copy", 88, key, "contactless")
    client = FidoClient(tape.over(key.answer))
    credential = _registered(client, random)
    copy = Authenticator(counter=key.counter)
    copy.credentials = list(key.credentials)
    client.log_in(credential, random.randbytes(32))
    tape.power_on(copy.power_on())
    other = FidoClient(tape.over(copy.answer))
    other.begin()
    other.log_in(credential, random.randbytes(32))
    return spellings.card(tape, "attack_fido_copy")


MAKERS = {
    "piv_login.card.jsonl": piv_login,
    "attack_piv_guess.card.jsonl": piv_guess,
    "attack_piv_borrowed.card.jsonl": piv_borrowed,
    "attack_piv_signs_on.card.jsonl": piv_signs_on,
    "openpgp_day.card.jsonl": openpgp_day,
    "attack_openpgp_factory.card.jsonl": openpgp_factory,
    "fido_logins.card.jsonl": fido_logins,
    "attack_fido_copy.card.jsonl": fido_copy,
}
