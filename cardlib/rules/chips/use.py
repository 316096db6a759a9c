# SPDX-License-Identifier: MIT
"""Rules about what was done with a chip: answers without a MAC, changes without a key, values and counters, copies."""

from __future__ import annotations

from collections.abc import Iterator

from ...apps import desfire
from ...apps.cells import subject_of
from ...core.model import Evidence, Exchange
from ..engine import (
    Case,
    Missing,
    Result,
    Results,
    Step,
    fails_if,
    incomplete,
    only,
    rule,
    steps,
    whole_half,
)
from .access import DESFIRE_SHEET, FREE, NTAG_SHEET, PLAIN, READING_RIGHTS, file_settings
from .dialogue import code_of, done, fields, is_secured, numbers_of_cards

CREDIT, LIMITED_CREDIT, DEBIT, GET_VALUE = 0x0C, 0x1C, 0xDC, 0x6C
SIGNS = {CREDIT: 1, LIMITED_CREDIT: 1, DEBIT: -1}
COMMIT, ABORT = 0xC7, 0xA7
AMOUNT = slice(1, 5)  # behind the number of the file
LENGTH = slice(4, 7)  # of READ DATA, behind the number of the file and the offset
MAC_SIZES = (4, 8)  # of the first DESFire, and of EV1 and later
MAC = "MAC"  # as the row of the settings calls this protection
READ_COUNTER = 0x39
# Where a tag is proved a key: the password, the second half of an authentication, the password of NXP's vicinity tags
KEYS_OF_TAGS = (("ultralight", 0x1B), ("ultralight", 0xAF), ("iso15693", 0xB3))
ASKS_NUMBER = bytes.fromhex("FFCA0000")  # GET DATA of a reader (PC/SC part 3, 3.2.2.1.3)
UNLOCK, UNLOCKED = bytes.fromhex("40"), bytes.fromhex("43")

File = tuple[int, str, bytes]  # session, application, number
Counter = tuple[bytes, bytes]  # of which tag, and which


def file_of(exchange: Exchange) -> File:
    """The file that a command of a DESFire names."""
    number = b""
    if exchange.command:
        number = exchange.command.data[:1]
    return exchange.session, exchange.context.df, number


def protections(case: Case) -> dict[File, str]:
    """How files of a DESFire protect what is read of them behind an authentication; free reading is plain."""
    protected = {}
    for exchange, settings in file_settings(case):
        rights = [settings[name].text for name in READING_RIGHTS if name in settings]
        protection = settings["protection"].text
        protected[file_of(exchange)] = PLAIN if FREE in rights else protection
    return protected


@rule("M11", "high", "an answer without the MAC that the file asks for", DESFIRE_SHEET)
def missing_mac(case: Case) -> Results:
    """A DESFire file is set to MAC or enciphered, and after an authentication its content came without either: a man in
    the middle removed the protection, or something other than the card answers. Do: let the reader refuse such answers.
    """
    protected = protections(case)
    for step in steps(case):
        protection = protected.get(file_of(step.exchange), PLAIN)
        if protection == PLAIN or not _is_whole_read(step):
            continue
        asked = int.from_bytes(step.command.data[LENGTH], "little")
        extra = len(step.response.data) - asked
        if extra < 0:
            continue  # the end of the answer is not here
        detail = f"file set to {protection}, {extra} bytes more than were asked for"
        yield fails_if(not extra, detail, whole_half(step.exchange, "response"))


def _is_whole_read(step: Step) -> bool:
    """Whether a file of a DESFire was read after an authentication, and one answer held all."""
    if code_of(step.exchange) != ("desfire", desfire.READ_DATA):
        return False
    data = step.command.data
    is_last = step.response.sw == desfire.DONE and is_secured(step.exchange)
    return is_last and len(data) == LENGTH.stop and any(data[LENGTH])


@rule("M14", "high", "a value does not add up", DESFIRE_SHEET)
def value_arithmetic(case: Case) -> Results:
    """The credits and debits between two readings of a DESFire value in one session do not add up to the difference.
    Do: compare with the operator's records; something answers in place of the card.
    """
    ledger = Ledger(protections(case))
    for exchange in case.exchanges:
        protocol, code = code_of(exchange)
        if protocol != "desfire":
            continue
        if code == GET_VALUE:
            result = ledger.compare(exchange)
            if result:
                yield result
        else:
            ledger.enter(exchange, code)


class Ledger:
    """What the values of a DESFire must be: as they were read, and what was committed since."""

    def __init__(self, protected: dict[File, str]) -> None:
        self._protected = protected
        self._values: dict[File, tuple[int, Exchange]] = {}
        self._pending: dict[File, int] = {}

    def enter(self, exchange: Exchange, code: int) -> None:
        """Note a credit or debit, or that they are committed; what cannot be read makes the values unknown."""
        if code in SIGNS:
            amount = None
            if exchange.command:
                amount = self._number(exchange, exchange.command.data[AMOUNT.start :])
            if amount is None or exchange.response is None:
                self._values.pop(file_of(exchange), None)
            elif done(exchange):
                file = file_of(exchange)
                self._pending[file] = self._pending.get(file, 0) + SIGNS[code] * amount
        elif code == COMMIT and done(exchange):
            self._commit()
        elif code == COMMIT and exchange.response is None:
            self._values.clear()
        elif code in (ABORT, desfire.SELECT_APPLICATION):
            self._pending.clear()

    def _commit(self) -> None:
        for file, amount in self._pending.items():
            if file in self._values:
                value, reading = self._values[file]
                self._values[file] = value + amount, reading
        self._pending.clear()

    def compare(self, exchange: Exchange) -> Result | None:
        """Whether a value is what it must be; None where nothing is known of it."""
        file = file_of(exchange)
        before = self._values.pop(file, None)
        value = None
        if done(exchange) and exchange.response:
            value = self._number(exchange, exchange.response.data)
        if value is None:
            return None
        self._values[file] = value, exchange
        if before is None:
            return None
        expected, reading = before
        places = (whole_half(reading, "response"), whole_half(exchange, "response"))
        return fails_if(value != expected, f"{expected} expected, {value} answered", *places)

    def _number(self, exchange: Exchange, data: bytes) -> int | None:
        """A value or amount of four bytes, the lowest first; None where it is enciphered, or may be."""
        size = AMOUNT.stop - AMOUNT.start
        extra = len(data) - size
        has_mac = extra in MAC_SIZES and self._protected.get(file_of(exchange)) == MAC
        if extra and not has_mac:
            return None
        return int.from_bytes(data[:size], "little", signed=True)


@rule("M26", "high", "money credited without an authentication", DESFIRE_SHEET)
def open_credit(case: Case) -> Results:
    """A DESFire accepted a credit to a value file before any key was proved: anyone can make money. Do: require a key
    for credits.
    """
    is_unsure = False
    hole = case.hole(())
    selected: set[int] = (
        set()
    )  # sessions whose application was selected, which ends an authentication
    for exchange in case.exchanges:
        protocol, code = code_of(exchange)
        if incomplete(exchange)[0]:
            selected.discard(exchange.session)
        if protocol != "desfire" or not done(exchange):
            continue
        if code == desfire.SELECT_APPLICATION:
            selected.add(exchange.session)
        elif SIGNS.get(code) != 1:
            continue
        elif is_secured(exchange):
            yield fails_if(False, "credit after an authentication", whole_half(exchange))
        elif exchange.session in selected and not hole:
            detail = "credit, and no authentication since the application was selected"
            yield fails_if(True, detail, whole_half(exchange))
        else:
            is_unsure = True
    if is_unsure:
        raise Missing("what came before the credit is not in this capture")


@rule("M27", "low", "memory written without a key", "NFC Forum Type 2, 3 and 5 Tag")
def written_without_key(case: Case) -> Results:
    """A tag let its memory be written without a password or key before in this session: anyone nearby can do the same.
    Do: usual while tags are made; lock them, or set a password, before they are handed out.
    """
    proved: set[int] = set()
    hole = case.hole(case.exchanges)
    numbers = numbers_of_cards(case)
    for exchange in case.exchanges:
        protocol, code = code_of(exchange)
        command = exchange.command
        if protocol not in ("ultralight", "iso15693") or command is None or not done(exchange):
            continue
        if (protocol, code) in KEYS_OF_TAGS:
            proved.add(exchange.session)
        subject = subject_of(exchange.context, command, exchange.response)
        if subject and subject.is_write:
            is_open = exchange.session not in proved
            is_selection_seen = protocol != "ultralight" or exchange.index in numbers
            if is_open and (hole or not is_selection_seen):
                raise Missing(hole or "the selection of the tag is not in this capture")
            detail = f"{subject.unit} {subject.numbers[0]} written, no key before"
            if not is_open:
                detail = f"{subject.unit} {subject.numbers[0]} written after a key"
            yield fails_if(is_open, detail, whole_half(exchange))


@rule("M28", "critical", "a one-way counter went back", f"{NTAG_SHEET}, 8.6")
def counter_back(case: Case) -> Results:
    """The counter of a tag only rises; here it is lower than before on a tag with the same number: this is a copy or an
    emulator. Do: take the tag out of use.
    """
    highest: dict[Counter, tuple[int, Evidence]] = {}
    for counter, count, place in _counters(case):
        if counter in highest:
            earlier, earlier_place = highest[counter]
            yield fails_if(count < earlier, f"{earlier}, then {count}", earlier_place, place)
            if count < earlier:
                continue
        highest[counter] = count, place


def _counters(case: Case) -> Iterator[tuple[Counter, int, Evidence]]:
    """The counters that tags told: which, of which tag, its count and where."""
    numbers = numbers_of_cards(case)
    for step in steps(case):
        exchange = step.exchange
        if code_of(exchange) != ("ultralight", READ_COUNTER) or not done(exchange):
            continue
        node = fields(exchange, "response").get("count")
        if node:
            if exchange.index not in numbers:
                raise Missing("the number of the tag is not in this capture")
            owner = numbers[exchange.index]
            count = int.from_bytes(node.value, "little")
            yield (owner, step.command.data), count, whole_half(exchange, "response")


@rule("M29", "low", "only the number of the card was asked for", "ISO/IEC 14443-3, 6.5.4")
def number_alone(case: Case) -> Results:
    """A reader was asked for the number of a card, and for nothing else in this session. If this opens a door, so does
    a chip of a few cents with the same number. Do: let the card prove a key.
    """
    sessions: dict[int, list[Exchange]] = {}
    for exchange in case.exchanges:
        sessions.setdefault(exchange.session, []).append(exchange)
    asked = {}
    for number, exchanges in sessions.items():
        first = next((exchange for exchange in exchanges if _asks_number(exchange)), None)
        if first:
            asked[number] = first
    only(asked)
    hole = case.hole(case.exchanges)
    for number, first in asked.items():
        others = [exchange for exchange in sessions[number] if _is_to_card(exchange)]
        if hole and not others:
            raise Missing(f"something may be hidden here: {hole}")
        detail = "nothing else in this session"
        if others:
            detail = f"{len(others)} other commands in this session"
        yield fails_if(not others, detail, whole_half(first))


def _asks_number(exchange: Exchange) -> bool:
    command = exchange.command
    return command is not None and command.raw.startswith(ASKS_NUMBER) and done(exchange)


def _is_to_card(exchange: Exchange) -> bool:
    """Whether a command says more than GET DATA of the reader, and the card did what it was asked."""
    command = exchange.command
    is_get_data = command is not None and command.raw[:2] == ASKS_NUMBER[:2]
    return done(exchange) and not is_get_data


@rule("M30", "critical", "the number of the card can be written", "Proxmark3, magic_cards_notes.md")
def magic_card(case: Case) -> Results:
    """The card takes the two commands that open all blocks of a copy of MIFARE Classic, including the first, which
    holds its number: it is not an NXP chip, and may have been another card a minute ago. Do: do not trust card numbers.
    """
    unlocking: Exchange | None = None
    for exchange in case.exchanges:
        raw = b""
        if exchange.command and exchange.protocol == "classic":
            raw = exchange.command.raw
        is_acknowledged = _is_acknowledged(exchange)
        if raw == UNLOCK and not is_acknowledged:
            yield fails_if(False, "the card does not open itself", whole_half(exchange))
        elif raw == UNLOCKED and unlocking:
            places = (whole_half(unlocking), whole_half(exchange))
            yield fails_if(is_acknowledged, "40, then 43", *places)
        unlocking = None
        if raw == UNLOCK and is_acknowledged:
            unlocking = exchange


def _is_acknowledged(exchange: Exchange) -> bool:
    """Whether the card answered with four bits, and these say yes."""
    response = exchange.response
    return done(exchange) and response is not None and len(response.raw) == 1
