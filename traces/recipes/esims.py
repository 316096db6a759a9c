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


class Story:
    """An eSIM in the reader, and a phone with an assistant."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.card = Euicc(SEED)
        self.tape = Tape(name, SEED, "T=0")
        self.tape.power_on(self.card.power_on())
        self.assistant = Assistant(Phone(self.tape.over(self.card.answer)))

    def download(self, server: Server) -> bool:
        """The root is asked who it is, then a profile is downloaded."""
        self.assistant.begin()
        return self.assistant.download(server)

    def file(self) -> bytes:
        """The trace."""
        return spellings.card(self.tape, self.name)


def downloads(story: Story) -> None:
    """A download from its challenge to the notification."""
    story.download(Server(SEED))
    story.assistant.finish()


def downloaded() -> bytes:
    """An honest download."""
    story = Story("esim_download")
    downloads(story)
    return story.file()


def changed() -> bytes:
    """Between server and eSIM a bit of the profile is changed."""
    story = Story("attack_esim_segment")
    phone = story.assistant.phone
    phone.transmit = _changing(phone.transmit)
    story.download(Server(SEED))
    return story.file()


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
    story = Story("attack_esim_server")
    story.download(Server(SEED, STRANGER))
    return story.file()


MAKERS = {
    "esim_download.card.jsonl": downloaded,
    "attack_esim_segment.card.jsonl": changed,
    "attack_esim_server.card.jsonl": strange,
}
