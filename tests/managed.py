# SPDX-License-Identifier: MIT
"""Captures of card management for tests: a made-up card and its bureau, each exchange as it went over the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cardlib
from cardlib import Capture
from cardlib.core.model import Node
from cardlib.crypto.channels import StaticKeys
from cardlib.road.meaning import tree
from traces.makers.bureau import Bureau, Wares
from traces.makers.managed import ManagedCard, Profile, of_one_key

DEFAULT = bytes.fromhex("404142434445464748494A4B4C4D4E4F")
OWN = StaticKeys(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48)))
CARD_DATA = bytes.fromhex("00004790014200000017")
WARES = Wares("4761739001010010", bytes(range(48)), bytes.fromhex("241234FFFFFFFFFF"))
Story = Callable[[Bureau], object]


def profile(protocol: int = 3, keys: StaticKeys = OWN, **changes: object) -> Profile:
    """A card from the factory."""
    card = Profile(keys, protocol, 0x30, CARD_DATA, bytes.fromhex("01420017"))
    return replace(card, **changes)  # type: ignore[arg-type]


class Session:
    """A card, its bureau and what went over the wire: `lines` are command, answer, command, ..."""

    def __init__(self, card: Profile, seed: int = 5) -> None:
        self.lines: list[str] = []
        self.card = ManagedCard(card, seed)
        self.bureau = Bureau(self.transmit, card.keys, seed)
        self.bureau.select(card.aid)

    def transmit(self, command: bytes) -> bytes:
        """What a reader does, written down."""
        answer = self.card.answer(command)
        self.lines += [command.hex().upper(), answer.hex().upper()]
        return answer


def lines(story: Story, card: Profile | None = None, level: int = 0x33) -> list[str]:
    """What went over the wire: selection, authentication, then the story."""
    session = Session(card or profile())
    session.bureau.authenticate(level)
    story(session.bureau)
    return session.lines


def captured(wire: list[str], keys: tuple[Path, ...] = ()) -> Capture:
    """The capture of these commands and answers."""
    marks = ("> ", "< ") * len(wire)
    text = "\n".join(mark + line for mark, line in zip(marks, wire, strict=False))
    return cardlib.read_text(text, keys=keys)


def keys_file(folder: Path, keys: StaticKeys = OWN, note: str = "test key") -> Path:
    """A file with the keys of a card."""
    rows = []
    for use, value in (("enc", keys.enc), ("mac", keys.mac), ("dek", keys.dek)):
        rows.append(f'[[key]]\nuse = "scp-{use}"\nvalue = "{value.hex()}"\nnote = "{note}"\n')
    file = folder / "keys.toml"
    file.write_text("\n".join(rows), "utf-8")
    return file


def nodes(capture: Capture, number: int) -> dict[str, Node]:
    """The nodes of an exchange by tag or name; of several the first."""
    found: dict[str, Node] = {}
    for _, node in tree(capture.exchanges[number]).walk():
        found.setdefault(node.tag or node.name, node)
    return found


def words(thing: object) -> str:
    """What is printed of an exchange, in one line with single blanks."""
    return " ".join(str(thing).split())


def default(protocol: int = 2, **changes: object) -> Profile:
    """A card with the keys of the factory."""
    return profile(protocol, of_one_key(DEFAULT), **changes)
