# SPDX-License-Identifier: MIT
"""What happens to chips: gates, tags on posters, canteens, laundries, buses; each honest, and as it should not be."""

from __future__ import annotations

from collections.abc import Callable

import spellings

from traces.makers import calypso, desfire, felica, stored, tag
from traces.makers.air import Air
from traces.makers.rsa_keys import DESFIRE_KEY
from traces.makers.times import Tape

PASS = bytes.fromhex("0150E1")  # the application, lowest byte first
POSTER = b"\xd1\x01\x0c\x55\x04example.org"
TAG_UID, PASS_UID = bytes.fromhex("04A1B2C3D4E580"), bytes.fromhex("04112233445566")
CARD_OF_BLOCKS = bytes.fromhex("DEADBE0F")
IDM, PMM = bytes.fromhex("0101020304050607"), bytes.fromhex("100B4B428485D0FF")
CALYPSO_ATR = bytes.fromhex("3B80800101")
CALYPSO_SERIAL = bytes.fromhex("0000000011223344")
OWN_KEYS = (bytes.fromhex("8F21C0047BD6"), bytes.fromhex("3EA95D10F2C7"))
DELIVERED = bytes.fromhex("FFFFFFFFFFFF")
Send = Callable[[bytes], bytes]


# DESFire over the air: blocks of ISO/IEC 14443-4, written as a Proxmark3 writes them


class Blocks:
    """Commands of a DESFire in blocks, from the selection of the card on."""

    def __init__(self, card: desfire.Card, seed: int) -> None:
        self.air, self.card, self.number = Air("A", seed), card, 0
        self.air.select(card.uid, 0x20, b"\x44\x03")
        self.air.exchange(b"\xe0\x80", bytes.fromhex("067577810280"))

    def send(self, command: bytes) -> bytes:
        """A command and its answer, each in one block."""
        head = bytes([2 | self.number])
        self.number ^= 1
        answer = self.card.answer(command)
        self.air.exchange(head + command, head + answer)
        return answer


def _pass(
    key: bytes, protection: int, rights: tuple[int, int, int, int], seed: int
) -> desfire.Card:
    """A rider's pass: its number in file 1, its money in file 2."""
    number = desfire.File(desfire.STANDARD, protection, rights, bytes.fromhex("00012345"))
    money = desfire.File(desfire.VALUE, protection, rights, value=1450)
    return desfire.Card(PASS_UID, PASS, key, {1: number, 2: money}, seed)


def desfire_gate() -> bytes:
    """A gate takes 2.50 from a pass: AES, everything enciphered."""
    key = bytes.fromhex(DESFIRE_KEY)
    card = _pass(key, desfire.ENCIPHERED, (1, 1, 1, 0), 81)
    blocks, gate = Blocks(card, 81), desfire.Gate(key, 82)
    for command in (b"\x60", b"\xaf", b"\xaf", b"\x5a" + PASS):
        blocks.send(command)
    challenge = blocks.send(b"\xaa\x01")[1:]
    blocks.send(b"\xaf" + gate.proof(challenge))
    for command in (b"\xf5\x01", b"\xf5\x02", b"\xbd\x01" + bytes(3) + b"\x04\0\0", b"\x6c\x02"):
        gate.follow(command, blocks.send(command))
    debit = b"\xdc\x02"
    gate.accept(blocks.send(debit + gate.amount(debit, 250)))
    for command in (b"\xc7", b"\x6c\x02"):
        gate.follow(command, blocks.send(command))
    return blocks.air.proxmark()


def desfire_open() -> bytes:
    """The same kind of pass with the key of delivery, open to all, and a gate that asks for the old authentication."""
    card = _pass(bytes(16), desfire.PLAIN, (0xE, 0xE, 0xE, 0xE), 83)
    blocks, gate = Blocks(card, 83), desfire.Gate(bytes(16), 84)
    for command in (b"\x60", b"\xaf", b"\xaf", b"\x5a" + PASS, b"\xf5\x02", b"\x6c\x02"):
        blocks.send(command)
    for command in (b"\x0c\x02" + (5000).to_bytes(4, "little"), b"\xc7", b"\x6c\x02"):
        blocks.send(command)
    challenge = blocks.send(b"\x0a\x00")[1:]
    blocks.send(b"\xaf" + gate.legacy_proof(challenge))
    blocks.send(b"\x6c\x02")
    return blocks.air.proxmark()


# NTAG over the air, as nfc-laboratory writes it


def _touched(air: Air, poster: tag.Ntag213, commands: tuple[str, ...]) -> None:
    """A phone selects the tag and sends these."""
    poster.power_on()
    air.select(poster.uid, 0x00, b"\x44\x00")
    for text in commands:
        command = bytes.fromhex(text)
        answer = poster.answer(command)
        air.exchange(command, answer, has_sum=len(answer) > 1)


# Version, header and container, message, configuration, counter
READING = ("60", "3000", "3A0408", "3028", "3902")


def ntag_poster() -> bytes:
    """A poster's tag, locked, read by two phones; it counts them."""
    poster = tag.Ntag213(TAG_UID, POSTER, b"\x5e\xc2\xe7\x41", b"\x80\x07", 4, True, 5, count=40)
    air = Air("A", 85)
    for turn in range(2):
        if turn:
            air.restart()
        _touched(air, poster, READING)
    return air.nfc_laboratory()


def ntag_copy() -> bytes:
    """The poster's tag, then another with its number: open, with the password of delivery, and a younger counter."""
    poster = tag.Ntag213(TAG_UID, POSTER, b"\x5e\xc2\xe7\x41", b"\x80\x07", 4, True, 5, count=40)
    copy = tag.Ntag213(TAG_UID, POSTER, b"\xff" * 4, b"\0\0", count=2)
    air = Air("A", 86)
    _touched(air, poster, READING)
    air.restart()
    address = b"fake".hex()
    _touched(air, copy, (*READING[:4], f"A206{address}", "1BFFFFFFFF", "3902"))
    return air.nfc_laboratory()


# Cards that only store, through a reader: hex


class Lines:
    """A dialogue with a reader as lines of hex."""

    def __init__(self, title: str, atr: str, card: stored.Classic | stored.MemoryCard) -> None:
        self.lines = [f"# {title}; > goes to the reader, < comes from it", f"ATR: {atr}"]
        self.card = card

    def send(self, *commands: str) -> None:
        """Commands and what the reader answers."""
        for command in commands:
            answer = self.card.answer(bytes.fromhex(command))
            self.lines += [f"> {command.upper()}", f"< {answer.upper()}"]

    def file(self) -> bytes:
        """The trace as a text."""
        return "".join(f"{line}\n" for line in self.lines).encode()


def _canteen(keys: tuple[bytes, bytes], conditions: tuple[int, int, int, int]) -> stored.Classic:
    """A card of a canteen: 12.40 in blocks 4 and 5 of sector 1."""
    blocks = {4: stored.value_block(1240, 4), 5: stored.value_block(1240, 5)}
    return stored.Classic(CARD_OF_BLOCKS, {1: keys}, {1: conditions}, blocks)


def classic_canteen() -> bytes:
    """A meal of 3.60 is taken off; the reader has the keys of the card, and only key B could add money."""
    card = _canteen(OWN_KEYS, stored.PURSE)
    card.reader_keys = dict(enumerate(OWN_KEYS))
    lines = Lines("A meal paid with a MIFARE Classic", stored.CLASSIC_ATR, card)
    lines.send("FFCA000000", "FF860000050100046000", "FFB0000410", "FFB0000710")
    lines.send("FFD70004050200000168", "FFB0000410")
    return lines.file()


def classic_keys() -> bytes:
    """Keys are tried until that of delivery opens the sector; then anybody adds 50.00."""
    card = _canteen((DELIVERED, DELIVERED), stored.DELIVERED)
    lines = Lines("A MIFARE Classic with the keys of delivery", stored.CLASSIC_ATR, card)
    lines.send("FFCA000000")
    for number in range(8):
        lines.send(f"FF82000006{number:02X}2E7B40C51A", "FF860000050100046000")
    lines.send("FF82000006FFFFFFFFFFFF", "FF860000050100046000", "FFB0000410", "FFB0000710")
    lines.send("FFD70004050100001388", "FFB0000410")
    return lines.file()


def door_number() -> bytes:
    """A door asks a card for its number, and opens: nothing else is asked."""
    card = _canteen(OWN_KEYS, stored.PURSE)
    lines = Lines("A door that trusts the number of a card", stored.CLASSIC_ATR, card)
    lines.send("FFCA000000")
    return lines.file()


def sle4442_laundry() -> bytes:
    """A washing machine takes a wash off a card: the code of the operator, one byte written."""
    card = stored.MemoryCard(bytes.fromhex("3B91D4"))
    lines = Lines("A wash paid with an SLE4442", stored.SLE4442_ATR, card)
    lines.send("FFA400000106", "FFB0000004", "FFB2000004", "FFB1000004")
    lines.send("FF200000033B91D4", "FFB1000004")
    return lines.file()


def sle4442_code() -> bytes:
    """Codes are tried; that of delivery is right."""
    card = stored.MemoryCard(bytes.fromhex("FFFFFF"))
    lines = Lines("An SLE4442 with the code of delivery", stored.SLE4442_ATR, card)
    lines.send("FFA400000106", "FFB0000004", "FFB1000004")
    lines.send("FF20000003123456", "FF20000003000000", "FF20000003FFFFFF", "FFD20001033B91D4")
    return lines.file()


# FeliCa over the air, as nfc-laboratory writes it


def _history() -> list[felica.Entry]:
    """Three days: a load, a ride, a drink, a ride; the newest first."""
    gate = bytes.fromhex("0301030A")
    return [
        felica.Entry(felica.GATE, felica.RIDE, (26, 3, 4), bytes.fromhex("030A0301"), 1690, 24),
        felica.Entry(felica.SHOP, felica.PURCHASE, (26, 3, 3), bytes.fromhex("63402C3D"), 1880, 23),
        felica.Entry(felica.GATE, felica.RIDE, (26, 3, 2), gate, 2010, 22),
        felica.Entry(felica.MACHINE, felica.LOAD, (26, 3, 2), bytes(4), 2200, 21),
    ]


def _listened(air: Air, card: felica.Card, commands: list[bytes]) -> None:
    for command in commands:
        air.exchange(command, card.answer(command))


def felica_rides() -> bytes:
    """A phone reads the history of a card."""
    card, air = felica.Card(IDM, PMM, _history()), Air("F", 87)
    reads = [felica.read(IDM, 0, 2), felica.read(IDM, 2, 2)]
    _listened(air, card, [felica.polling(True), felica.request_service(IDM), *reads])
    return air.nfc_laboratory()


def felica_written() -> bytes:
    """The card of a forger: the last balance is written without any key, and no load says why it is higher."""
    card, air = felica.Card(IDM, PMM, _history(), open_to_all=True), Air("F", 88)
    first = _history()[0]
    forged = felica.Entry(first.terminal, first.process, first.day, first.places, 9690, 24)
    writing = felica.write(IDM, 0, forged.block())
    reads = [felica.read(IDM, 0, 2), felica.read(IDM, 2, 2)]
    _listened(air, card, [felica.polling(True), writing, *reads])
    return air.nfc_laboratory()


# Calypso through a contactless reader


# What 122 bits of an event leave of its record
EVENT_REST = "0" * (8 * calypso.RECORD - 122) + " bits"


def _environment() -> bytes:
    return bytes.fromhex("043928480815F920" + "00" * 21)


def _contracts() -> bytes:
    return bytes.fromhex("1E4A1202A1E010" + "00" * 22)


def _event(day: str, time: str, transition: str, place: str) -> bytes:
    """A record of the event log: metro, line 4."""
    event = [
        ("bitmap", "2000D14"),
        ("code", [("transport", "metro"), ("transition", transition)]),
        ("provider", "3"),
        ("location", place),
        ("device", "0102"),
        ("route", "4"),
        ("contract", "1"),
    ]
    pairs = [("date", day), ("time", time), ("event", event)]
    return calypso.record(calypso.EVENTS, [*pairs, ("data", "", EVENT_REST)])


def _validated(send: Send, terminal: calypso.Terminal, event: bytes) -> None:
    """A gate reads the card, then writes an event in a session."""
    send(calypso.select())
    for sfi in (calypso.ENVIRONMENT, calypso.EVENTS, calypso.CONTRACTS):
        send(calypso.read(sfi, 1))
    send(terminal.open())
    send(calypso.append(calypso.EVENTS, event))
    send(terminal.close())


def _rider(seed: int, careless: bool = False) -> calypso.Card:
    files = {
        calypso.ENVIRONMENT: [_environment()],
        calypso.EVENTS: [_event("2026-03-02", "08:15", "exit", "1A2B")],
        calypso.CONTRACTS: [_contracts()],
    }
    return calypso.Card(CALYPSO_SERIAL, files, seed, careless=careless)


def calypso_ride() -> bytes:
    """Entry and exit of a ride: each gate writes its event in a secure session."""
    card, terminal = _rider(89), calypso.Terminal(90)
    tape = Tape("calypso_ride", 89, "contactless")
    for event in (
        _event("2026-03-03", "08:05", "entry", "1A2B"),
        _event("2026-03-03", "08:31", "exit", "1C40"),
    ):
        tape.power_on(CALYPSO_ATR)
        _validated(tape.over(card.answer), terminal, event)
    return spellings.card(tape, "calypso_ride")


def calypso_careless() -> bytes:
    """A terminal whose challenge is always the same, and a card that lets an event be written without a session."""
    card, terminal = _rider(91, careless=True), calypso.Terminal(92, repeats=True)
    tape = Tape("attack_calypso_open", 91, "contactless")
    for time, place in (("08:05", "1A2B"), ("08:31", "1C40")):
        tape.power_on(CALYPSO_ATR)
        send = tape.over(card.answer)
        _validated(send, terminal, _event("2026-03-03", time, "entry", place))
    send(calypso.append(calypso.EVENTS, _event("2026-03-03", "08:32", "exit", "1C40")))
    return spellings.card(tape, "attack_calypso_open")


MAKERS = {
    "desfire_gate.trace": desfire_gate,
    "attack_desfire_open.trace": desfire_open,
    "ntag_poster.nfclab.json": ntag_poster,
    "attack_ntag_copy.nfclab.json": ntag_copy,
    "classic_canteen.hex.txt": classic_canteen,
    "attack_classic_keys.hex.txt": classic_keys,
    "attack_door_number.hex.txt": door_number,
    "sle4442_laundry.hex.txt": sle4442_laundry,
    "attack_sle4442_code.hex.txt": sle4442_code,
    "felica_rides.nfclab.json": felica_rides,
    "attack_felica_written.nfclab.json": felica_written,
    "calypso_ride.card.jsonl": calypso_ride,
    "attack_calypso_open.card.jsonl": calypso_careless,
}
