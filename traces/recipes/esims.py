# SPDX-License-Identifier: MIT
"""What happens to an eSIM: a profile is downloaded, by an honest server, a false one, over a line that changes bits."""

from __future__ import annotations

import spellings

from traces.makers.assistant import Assistant
from traces.makers.euicc import Euicc
from traces.makers.phone import Phone, Transmit
from traces.makers.smdp import ELEMENTS, Server
from traces.makers.times import Tape

SEED = 91
STRANGER = "Stranger CI"
DATA_START = 5  # of a command


def _begun(name: str) -> tuple[Tape, Assistant]:
    """An eSIM in the reader; its root is selected and asked who it is."""
    tape = Tape(name, SEED, "T=0")
    card = Euicc(SEED)
    tape.power_on(card.power_on())
    assistant = Assistant(Phone(tape.over(card.answer)))
    assistant.begin()
    return tape, assistant


def downloaded() -> bytes:
    """A download from its challenge to the notification."""
    tape, assistant = _begun("esim_download")
    assistant.download(Server(SEED))
    assistant.finish()
    return spellings.card(tape, "esim_download")


def changed() -> bytes:
    """Between server and eSIM a bit of the profile is changed."""
    tape, assistant = _begun("attack_esim_segment")
    assistant.phone.transmit = _changing(assistant.phone.transmit)
    assistant.download(Server(SEED))
    return spellings.card(tape, "attack_esim_segment")


def _changing(card: Transmit) -> Transmit:
    """The card behind a line that changes the first segment of profile elements."""

    def transmit(command: bytes) -> bytes:
        if command[1] == 0xE2 and command[DATA_START] == ELEMENTS and command[3] == 0:
            changed_byte = command[40] ^ 0x01
            command = command[:40] + bytes((changed_byte,)) + command[41:]
        return card(command)

    return transmit


def strange() -> bytes:
    """A server whose certificate the eSIM's issuer did not sign."""
    tape, assistant = _begun("attack_esim_server")
    assistant.download(Server(SEED, STRANGER))
    return spellings.card(tape, "attack_esim_server")


MAKERS = {
    "esim_download.card.jsonl": downloaded,
    "attack_esim_segment.card.jsonl": changed,
    "attack_esim_server.card.jsonl": strange,
}
