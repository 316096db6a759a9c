# SPDX-License-Identifier: MIT
"""Which keys open a secure channel: those of the caller, then those that are published, by the card's cryptogram."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from itertools import islice, product

from ..core.errors import NotVerifiable
from ..core.model import record
from . import scp02, scp03
from .blocks import MissingPackage
from .channels import StaticKeys, diversified
from .keyring import Key

Session = scp02.Session | scp03.Session
MAX_SETS = 256  # of keys that are tried for one session


@record
class Greeting:
    """What host and card said in INITIALIZE UPDATE; `option` is the byte i of SCP03."""

    host: bytes
    card_data: bytes
    key_version: int
    protocol: int
    option: int
    counter: bytes
    challenge: bytes
    cryptogram: bytes


@record
class KeySet:
    """Three keys of files that may be those of the card, or the master keys that these are made of."""

    enc: Key
    mac: Key
    dek: Key

    @property
    def is_published(self) -> bool:
        return self.enc.published

    @property
    def note(self) -> str:
        """What the keys are called."""
        return self.enc.note or "the key given"

    def keys_of(self, card_data: bytes) -> StaticKeys:
        """The keys of one card."""
        enc = _of_card(self.enc, card_data).enc
        mac = _of_card(self.mac, card_data).mac
        dek = _of_card(self.dek, card_data).dek
        return StaticKeys(enc, mac, dek)


def _of_card(key: Key, card_data: bytes) -> StaticKeys:
    """The keys that a key of a file stands for: itself, or what is made of it for this card."""
    if key.derive:
        return diversified(key.derive, key.value, card_data)
    return StaticKeys(key.value, key.value, key.value)


@record
class Match:
    """The session whose keys make the cryptogram of the card, none where no key does; `tried`: keys of the caller."""

    session: Session | None = field(default=None, repr=False)
    static: StaticKeys | None = field(default=None, repr=False)
    note: str = ""
    is_published: bool = False
    tried: int = 0
    problem: str = ""


def match(greeting: Greeting, keys: Sequence[Key]) -> Match:
    """The keys that make the card's cryptogram, and the session that begins with them."""
    tried = 0
    for key_set in islice(key_sets(greeting, keys), MAX_SETS):
        if not key_set.is_published:
            tried += 1
        try:
            static = key_set.keys_of(greeting.card_data)
            session = session_of(greeting, static)
            cryptogram = session.card_cryptogram
        except MissingPackage as error:
            return Match(problem=error.reason)
        except NotVerifiable:
            continue
        if cryptogram == greeting.cryptogram:
            return Match(session, static, key_set.note, key_set.is_published, tried)
    return Match(tried=tried)


def session_of(greeting: Greeting, keys: StaticKeys) -> Session:
    """The session that begins with these keys; NotVerifiable where they do not fit the protocol."""
    if greeting.protocol == scp02.PROTOCOL:
        challenges = scp02.Challenges(greeting.host, greeting.counter, greeting.challenge)
        return scp02.session(keys, challenges)
    if greeting.protocol == scp03.PROTOCOL:
        mac_size = len(greeting.cryptogram)
        return scp03.session(keys, greeting.host, greeting.challenge, mac_size)
    raise NotVerifiable(f"SCP{greeting.protocol:02X} is not computed here")


def key_sets(greeting: Greeting, keys: Iterable[Key]) -> Iterator[KeySet]:
    """The sets of keys that may be those of the card: those of three keys first, then in the order of the keys."""
    version = f"{greeting.key_version:02X}"
    fitting = [key for key in keys if key.use.startswith("scp") and key.index in ("", version)]
    enc_keys = [key for key in fitting if key.use == "scp-enc"]
    mac_keys = [key for key in fitting if key.use == "scp-mac"]
    dek_keys = [key for key in fitting if key.use == "scp-dek"]
    for enc, mac, dek in product(enc_keys, mac_keys, dek_keys or enc_keys[:1]):
        yield KeySet(enc, mac, dek)
    for key in fitting:
        if key.use == "scp":
            yield KeySet(key, key, key)
