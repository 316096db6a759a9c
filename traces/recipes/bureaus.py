# SPDX-License-Identifier: MIT
"""What happens at a bureau: a card is personalised as it should be, with the keys of its factory, or in clear."""

from __future__ import annotations

from dataclasses import replace

import spellings

from cardlib.crypto.channels import diversified
from traces.makers.bureau import Bureau, Wares
from traces.makers.managed import INITIALIZED, SECURED, ManagedCard, Profile, of_one_key
from traces.makers.rsa_keys import BUREAU_KEY
from traces.makers.times import Tape

ATR = bytes.fromhex("3B8801434152444C494231EB")
DEFAULT = bytes.fromhex("404142434445464748494A4B4C4D4E4F")
MASTER = bytes.fromhex(BUREAU_KEY)
CARD_DATA = bytes.fromhex("00004790014200000017")
WARES = Wares(
    "4761739001010010",
    bytes.fromhex(
        "101013131515161619191A1A1C1C1F1F"
        "313132323434373738383B3B3D3D3E3E"
        "515152525454575758585B5B5D5D5E5E"
    ),
    bytes.fromhex("241234FFFFFFFFFF"),
)
OWN = diversified("kdf3", MASTER, CARD_DATA)
AES_CARD = Profile(OWN, 3, 0x30, CARD_DATA, bytes.fromhex("01420017"))
DES_CARD = Profile(of_one_key(DEFAULT), 2, 0x01, CARD_DATA, bytes.fromhex("01420018"), counter=4)
GET_CPLC, GET_RECOGNITION, GET_KEYS = "80CA9F7F00", "80CA006600", "80CA00E000"


def _begun(name: str, seed: int, profile: Profile) -> tuple[Tape, Bureau]:
    """A card in the reader, its security domain selected and asked what it is."""
    tape = Tape(name, seed, "T=1")
    card = ManagedCard(profile, seed)
    tape.power_on(ATR)
    bureau = Bureau(tape.over(card.answer), profile.keys, seed)
    bureau.select(profile.aid)
    for question in (GET_CPLC, GET_RECOGNITION, GET_KEYS):
        bureau.ask(question)
    return tape, bureau


def personalised() -> bytes:
    """SCP03 with all of its protection, keys of the card's own, the card secured at the end."""
    tape, bureau = _begun("bureau_scp03", 71, AES_CARD)
    bureau.authenticate(0x33)
    bureau.load(hashed=True)
    bureau.install()
    bureau.personalise(WARES)
    bureau.set_status(INITIALIZED, AES_CARD.aid)
    bureau.set_status(SECURED, AES_CARD.aid)
    bureau.registry()
    return spellings.card(tape, "bureau_scp03")


def with_default_keys() -> bytes:
    """SCP02 with the keys of the factory, MACs alone, and the card left open."""
    tape, bureau = _begun("attack_default_keys", 72, DES_CARD)
    bureau.authenticate(0x01)
    bureau.load()
    bureau.install()
    bureau.personalise(WARES)
    bureau.registry()
    return spellings.card(tape, "attack_default_keys")


def in_clear() -> bytes:
    """SCP02 with MACs alone: the keys of the application in clear, new card keys whose check values are wrong."""
    own = of_one_key(bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"))
    careless = replace(DES_CARD, keys=OWN_DES, accepts_anything=True)
    tape, bureau = _begun("attack_clear_keys", 73, careless)
    bureau.authenticate(0x01, spoiled=False)
    bureau.install()
    bureau.personalise(WARES, in_clear=True)
    bureau.put_keys(0x02, own, wrong_kcv=True)
    bureau.set_status(INITIALIZED, careless.aid)
    bureau.set_status(SECURED, careless.aid)
    bureau.registry()
    return spellings.card(tape, "attack_clear_keys")


OWN_DES = diversified("emv", MASTER, CARD_DATA)
MAKERS = {
    "bureau_scp03.card.jsonl": personalised,
    "attack_default_keys.card.jsonl": with_default_keys,
    "attack_clear_keys.card.jsonl": in_clear,
}
