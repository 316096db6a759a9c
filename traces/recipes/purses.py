# SPDX-License-Identifier: MIT
"""What happens to a purse: a day in a city with the terminal's module beside it, and a month with T-Union."""

from __future__ import annotations

from cardlib.crypto.purse import Terms
from traces.makers.purse import Credulous, Module, Purse, issuer_mac2, number

CITY_AID = bytes.fromhex("A00000000386980701")
UNION_AID = bytes.fromhex("A000000632010105")
CITY_INFORMATION = "0001200000000000" + "0101" + "00002000000000012345" + "20250101203501010000"
UNION_INFORMATION = "01015840FFFFFFFF" + "0201" + "03104158400000012345" + "20250101203501010000"
REGION = "0000015658005840000101"
SHOP, METRO, BUS = "202600000011", "584000000117", "584000000234"
ACCEPTOR = "10115840FFFFFFFF"
LINE_1, WEST, EAST = "0100", "1200", "1900"


class Tape:
    """The lines of a trace, and the card that answers."""

    def __init__(self, title: str, card: Purse) -> None:
        self.lines = [f"# {title}; > is the terminal, < the card or its module"]
        self.card = card

    def send(self, command: str, module: Module | None = None, lost: bool = False) -> bytes:
        """Send a command to the card or the module; its answer, which may be lost on the way."""
        answer = (module or self.card).answer(bytes.fromhex(command))
        self.lines.append(f"> {command.upper()}")
        if not lost:
            self.lines.append(f"< {answer.upper()}")
        return bytes.fromhex(answer)

    def select(self) -> None:
        """Choose the purse."""
        size = f"{len(self.card.aid):02X}"
        self.send(f"00A40400{size}{self.card.aid.hex()}")

    def load(self, amount: int, moment: str) -> None:
        """Load the purse, after a PIN."""
        self.send("00200000021234")
        terminal = "202699990001"
        answer = self.send(f"805000020B01{amount:08X}{terminal}")
        date, time = bytes.fromhex(moment[:8]), bytes.fromhex(moment[8:])
        terms = Terms(number(amount, 4), 2, bytes.fromhex(terminal), date, time)
        mac2 = issuer_mac2(self.card, answer, terms)
        self.send(f"805200000B{moment}{mac2.hex()}")

    def pay(
        self,
        amount: int,
        moment: str,
        module: Module,
        kind: int = 6,
        ride: str = "",
        lost: bool = False,
        mac1: str = "",
    ) -> None:
        """Pay with the terminal's module; `mac1` is one that was heard before."""
        p1 = {6: 1, 9: 3}[kind]
        terminal = module.terminal.hex()
        begun = self.send(f"8050{p1:02X}020B01{amount:08X}{terminal}")
        if ride:
            self.send(f"80DC00F030{ride}")
        fresh, counter = begun[11:15].hex(), begun[4:6].hex()
        identity = self.card.information[12:20].hex() + self.card.information[:8].hex()
        asked = f"{fresh}{counter}{amount:08X}{kind:02X}{moment}0100{identity}"
        made = self.send(f"8070000024{asked}", module)
        check = mac1 or made[4:8].hex()
        answer = self.send(f"805401000F{made[:4].hex()}{moment}{check}", lost=lost)
        if not lost and len(answer) == 10:
            self.send(f"8072000004{answer[4:8].hex()}", module)

    def file(self) -> bytes:
        """The trace as a text."""
        return "".join(f"{line}\n" for line in self.lines).encode()


def purse_day() -> bytes:
    """A load, two purchases, one that is too dear, one whose answer is lost and proved, then balance and log."""
    card = Purse(CITY_AID, bytes.fromhex(CITY_INFORMATION), b"", seed=31)
    module = Module(bytes.fromhex(SHOP))
    tape = Tape("One day of a city card", card)
    tape.select()
    tape.load(5000, "20260314080000")
    tape.pay(1250, "20260314123000", module)
    tape.pay(480, "20260314164500", module)
    tape.send(f"805001020B01{9900:08X}{SHOP}")
    tape.pay(300, "20260314181500", module, lost=True)
    tape.send(f"805A000602{card.offline:04X}")
    tape.send("805C000204")
    for record in (1, 2, 3, 4, 5):
        tape.send(f"00B2{record:02X}C417")
    return tape.file()


def purse_replay() -> bytes:
    """Two purchases at a card that is a copy: the same random number, the same MAC1, accepted twice."""
    card = Credulous(CITY_AID, bytes.fromhex(CITY_INFORMATION), b"", seed=31, balance=5000)
    module = Module(bytes.fromhex(SHOP))
    tape = Tape("A copy of a city card", card)
    tape.select()
    tape.pay(1250, "20260314123000", module, mac1="A1B2C3D4")
    tape.pay(1250, "20260314123500", module, mac1="A1B2C3D4")
    return tape.file()


def _ride(kind: str, terminal: str, place: str, amount: int, after: int, moment: str) -> str:
    """A record of file 1E."""
    industry, line, station = place[:2], place[2:6], place[6:]
    head = f"{kind}0000{terminal}{industry}{line}{station}3000" + "00"
    return f"{head}{amount:08X}{after:08X}{moment}5840{ACCEPTOR}" + "00" * 6


def _month() -> Tape:
    """A month's rides: metro and bus, one load, one lost answer."""
    information, region = bytes.fromhex(UNION_INFORMATION), bytes.fromhex(REGION)
    card = Purse(UNION_AID, information, region, seed=32, balance=1000)
    gate, bus = Module(bytes.fromhex(METRO)), Module(bytes.fromhex(BUS))
    tape = Tape("A month with a T-Union card", card)
    west, east, stop = f"01{LINE_1}{WEST}", f"01{LINE_1}{EAST}", "0200000000"
    for day in ("02", "03"):
        tape.select()
        entry = _ride("03", METRO, west, 0, card.balance, f"202603{day}081000")
        tape.pay(0, f"202603{day}081000", gate, kind=9, ride=entry)
        tape.select()
        left = card.balance - 300
        leave = _ride("04", METRO, east, 300, left, f"202603{day}083500")
        tape.pay(300, f"202603{day}083500", gate, kind=9, ride=leave)
    tape.select()
    tape.load(2000, "20260310190000")
    for day, lost in (("12", False), ("19", True)):
        tape.select()
        left = card.balance - 200
        ride = _ride("06", BUS, stop, 200, left, f"202603{day}174000")
        tape.pay(200, f"202603{day}174000", bus, kind=9, ride=ride, lost=lost)
    tape.select()
    tape.send(f"805A000902{card.offline:04X}")
    return tape


def _inspected(tape: Tape) -> bytes:
    """What an inspector reads at the end of the month."""
    tape.select()
    tape.send("00B095001E")
    tape.send("00B097000B")
    for place in (0, 1, 2, 3):
        tape.send(f"805C{place:02X}0204")
    for record in range(1, len(tape.card.log) + 2):
        tape.send(f"00B2{record:02X}C417")
    for record in range(1, len(tape.card.rides) + 2):
        tape.send(f"00B2{record:02X}F430")
    return tape.file()


def union_month() -> bytes:
    """The month, and what is read at its end."""
    return _inspected(_month())


def union_changed() -> bytes:
    """The same month; then somebody wrote a cheaper last ride into the card."""
    tape = _month()
    last = tape.card.rides[-1]
    tape.card.rides[-1] = last[:17] + number(100, 4) + last[21:]
    return _inspected(tape)


MAKERS = {
    "purse_day.hex.txt": purse_day,
    "attack_purse_replay.hex.txt": purse_replay,
    "union_month.hex.txt": union_month,
    "attack_union_ride.hex.txt": union_changed,
}
