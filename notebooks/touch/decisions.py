# SPDX-License-Identifier: MIT
"""What a terminal decides: action codes, and the list of cardholder verification methods."""

from __future__ import annotations

from traces.makers.reader import Settings
from traces.makers.terminal import Terminal

from .engine import Lines, Touch, from_hex

ABILITIES = {"plaintext PIN": 0x80, "online PIN": 0x40, "signature": 0x20, "enciphered PIN": 0x10, "no CVM": 0x08}
METHODS = {
    0x01: "plaintext PIN",
    0x02: "online PIN",
    0x03: "plaintext PIN and signature",
    0x04: "enciphered PIN",
    0x05: "enciphered PIN and signature",
    0x1E: "signature",
    0x1F: "no CVM",
}
CVM_SUPPORTED = b"\x10\0"  # of the AIP


def _decision(tvr: str, denial: str, online: str, default: str, can_go_online: bool) -> Lines:
    found = int.from_bytes(from_hex(tvr, 5))
    codes = {"denial": denial, "online": online, "default": default}
    values = {name: int.from_bytes(from_hex(text, 5)) for name, text in codes.items()}
    lines = []
    steps = [("denial", "AAC"), ("online", "ARQC")]
    if not can_go_online:
        steps[1] = ("default", "AAC")
    for name, outcome in steps:
        met = found & values[name]
        lines.append(f"TVR and {name:8} {met:010X}  {_bits(met)}")
        if met:
            return [*lines, f"so the terminal asks for an {outcome}"]
    return [*lines, "no bit in common: the terminal asks for a TC"]


def _bits(value: int) -> str:
    """The bits of five bytes by byte and bit, bit 8 on the left (EMV Book 3, C5)."""
    places = [f"byte {at // 8 + 1} bit {8 - at % 8}" for at in range(40) if value >> 39 - at & 1]
    return ", ".join(places) or "none"


def action_codes() -> Touch:
    """TVR and action codes: which cryptogram is asked for (EMV Book 3, 10.7)."""
    controls = {
        "tvr": "0000888000",
        "denial": "0010880000",
        "online": "F040649800",
        "default": "F040640800",
        "can_go_online": True,
    }
    examples = [
        {"tvr": "0000888000", "can_go_online": True},
        {"tvr": "0000008000", "can_go_online": True},
        {"tvr": "0040000000", "can_go_online": False},
        {"tvr": "0000008000", "can_go_online": False},
    ]
    return Touch("Which cryptogram does the terminal ask for?", controls, _decision, examples)


class _Asked(Terminal):
    """A terminal that asks nobody: the PIN is right, wrong or not typed, as it was set."""

    typed = "right"

    def _pin(self, enciphered: bool) -> int:
        if self.typed == "not typed":
            self.note("no PIN entered")
            return 1
        return 2 if self.typed == "right" else 1


def _method(code: int) -> str:
    """A method and what follows if it fails (EMV Book 3, C3)."""
    name = METHODS.get(code & 0x3F, "another method")
    return f"{name}; if it fails, {'next rule' if code & 0x40 else 'stop'}"


def _verification(rules: str, amount: int, pin: str, **abilities: bool) -> Lines:
    cvm_list = from_hex(rules)
    if len(cvm_list) < 10 or len(cvm_list) % 2:
        raise ValueError("a CVM list has two amounts of four bytes, then rules of two bytes")
    terminal = _Asked(bytes, Settings({}))
    terminal.typed = pin
    bits = sum(ABILITIES[name.replace("_", " ")] for name, has in abilities.items() if has)
    terminal.notes = set()
    known = {"82": CVM_SUPPORTED, "8E": cvm_list, "9F02": bytes.fromhex(f"{amount * 100:012}")}
    terminal.data = known | {"9F33": bytes((0xE0, bits, 0xC8)), "9F1A": b"\x02\x76"}
    terminal.verify_holder()
    result = terminal.data["9F34"]
    lines = []
    for at in range(8, len(cvm_list), 2):
        rule = cvm_list[at : at + 2]
        used = "  <- used last" if rule == result[:2] else ""
        lines.append(f"rule {at // 2 - 3}  {rule.hex().upper()}  {_method(rule[0])}{used}")
    outcome = {0: "result unknown", 1: "failed", 2: "successful"}[result[2]]
    return [*lines, f"9F34 {result.hex().upper()}: {outcome}", f"TVR byte 3 {terminal.tvr[2]:08b}"]


def cvm_list() -> Touch:
    """A CVM list, worked through rule by rule (EMV Book 3, 10.5)."""
    controls = {
        "rules": "00000000 00000000 4103 4203 1E03 1F03",
        "amount": (0, 500, 42),
        "pin": ["right", "wrong", "not typed"],
        **{name.replace(" ", "_"): True for name in ABILITIES},
    }
    examples = [
        {"pin": "right"},
        {"pin": "wrong"},
        {"pin": "wrong", "online_PIN": False},
        {"rules": "00000000 00000000 0103", "pin": "wrong"},
    ]
    return Touch("Which rule verifies the holder?", controls, _verification, examples)
