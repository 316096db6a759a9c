# SPDX-License-Identifier: MIT
"""How bytes are spelled in made-up logs. A byte is two hex digits, or "XX" where somebody hid it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

HIDDEN = ("XX", "**", "??")  # what may stand for a byte
Render = Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Spelling:
    """A way to write bytes; `plain` hex can be wrapped, cut and hidden anywhere."""

    name: str
    render: Render
    plain: bool = True
    separator: str = ""


def _hex(separator: str, before: str = "", lower: bool = False, first: str = "") -> Render:
    def render(tokens: Sequence[str]) -> str:
        if not tokens:
            return ""
        if lower:
            tokens = [_lowered(token) for token in tokens]
        return first + separator.join(before + token for token in tokens)

    return render


def _lowered(token: str) -> str:
    if token in HIDDEN:
        return token
    return token.lower()


def _grouped(size: int, lower: bool = True, left: str = "", right: str = "") -> Render:
    def render(tokens: Sequence[str]) -> str:
        digits = "".join(tokens)
        if lower:
            digits = digits.lower()
        width = 2 * size
        groups = [digits[start : start + width] for start in range(0, len(digits), width)]
        return left + " ".join(groups) + right

    return render


def _without_zeros(before: str) -> Render:
    return lambda tokens: " ".join(before + f"{int(token, 16):X}" for token in tokens)


def _list(left: str, each: Callable[[int], str], separator: str, right: str) -> Render:
    return lambda tokens: left + separator.join(each(int(token, 16)) for token in tokens) + right


_upper_0x = "0x{:02X}".format
_lower_0x = "0x{:02x}".format
MOST_SIGNED = 127  # of a byte with a sign


def _signed(value: int) -> str:
    if value > MOST_SIGNED:
        value -= 256
    return str(value)


def _java_cast(value: int) -> str:
    if value > MOST_SIGNED:
        return f"(byte) 0x{value:02X}"
    return _upper_0x(value)


def _kotlin(value: int) -> str:
    if value > MOST_SIGNED:
        return f"0x{value:02X}.toByte()"
    return _upper_0x(value)


def _python(tokens: Sequence[str]) -> str:
    return repr(bytes(int(token, 16) for token in tokens))


PLAIN = [
    Spelling("no separator, upper", _hex("")),
    Spelling("no separator, upper", _hex("")),
    Spelling("no separator, lower", _hex("", lower=True)),
    Spelling("blank, upper", _hex(" "), separator=" "),
    Spelling("blank, upper", _hex(" "), separator=" "),
    Spelling("blank, lower", _hex(" ", lower=True), separator=" "),
    Spelling("two blanks", _hex("  ", lower=True), separator=" "),
    Spelling("colon", _hex(":", lower=True), separator=":"),
    Spelling("colon", _hex(":"), separator=":"),
    Spelling("dash", _hex("-"), separator="-"),
    Spelling("comma", _hex(","), separator=","),
    Spelling("comma and blank", _hex(", "), separator=","),
    Spelling("0x, blank", _hex(" ", "0x"), separator=" "),
    Spelling("0x, comma", _hex(", ", "0x", lower=True), separator=","),
]
HEX = [
    *PLAIN,
    *PLAIN,
    Spelling("0x in front", _hex("", lower=True, first="0x"), plain=False),
    Spelling("groups of 2", _grouped(2), plain=False, separator=" "),
    Spelling("groups of 4", _grouped(4, lower=False), plain=False, separator=" "),
    Spelling("NSData", _grouped(4, left="<", right=">"), plain=False, separator=" "),
    Spelling("no leading zeros", _without_zeros(""), plain=False, separator=" "),
    Spelling("0x, no leading zeros", _without_zeros("0x"), plain=False, separator=" "),
]
LISTS = [
    Spelling("Java signed", _list("[", _signed, ", ", "]"), plain=False),
    Spelling("Java signed", _list("[", _signed, ", ", "]"), plain=False),
    Spelling("decimal list", _list("[", str, ", ", "]"), plain=False),
    Spelling("decimal list, tight", _list("[", str, ",", "]"), plain=False),
    Spelling("Go %v", _list("[", str, " ", "]"), plain=False),
    Spelling("Go %#v", _list("[]byte{", "0x{:x}".format, ", ", "}"), plain=False),
    Spelling("Python bytes", _python, plain=False),
    Spelling("Python bytearray", lambda tokens: f"bytearray({_python(tokens)})", plain=False),
    Spelling("Python list", _list("[", _upper_0x, ", ", "]"), plain=False),
    Spelling("Rust slice", _list("[", _lower_0x, ", ", "]"), plain=False),
    Spelling("C braces", _list("{ ", _upper_0x, ", ", " }"), plain=False),
    Spelling("Swift list", _list("[", _upper_0x, ", ", "]"), plain=False),
    Spelling("Rust vector", _list("vec![", _lower_0x, ", ", "]"), plain=False),
]
# A declaration: name before the bytes, and what stands behind them.
DECLARED: dict[str, tuple[str, Render, str]] = {
    "C": ("const uint8_t {}[] = ", _list("{ ", _upper_0x, ", ", " }"), ";"),
    "C char": ("unsigned char {}[] = ", _list("{", _lower_0x, ",", "}"), ";"),
    "Java": ("byte[] {} = new byte[] ", _list("{ ", _java_cast, ", ", " }"), ";"),
    "Java text": ('byte[] {} = hex("', _hex(""), '");'),
    "Kotlin": ("val {} = byteArrayOf(", _list("", _kotlin, ", ", ""), ")"),
    "C#": ("var {} = new byte[] ", _list("{ ", _upper_0x, ", ", " }"), ";"),
    "Python list": ("{} = ", _list("[", _upper_0x, ", ", "]"), ""),
    "Python fromhex": ("{} = bytes.fromhex('", _hex(" ", lower=True), "')"),
    "Python bytes": ("{} = ", _python, ""),
    "Rust": ("let {}: &[u8] = &", _list("[", _lower_0x, ", ", "]"), ";"),
    "Go": ("{} := []byte", _list("{", _lower_0x, ", ", "}"), ""),
    "Swift": ("let {}: [UInt8] = ", _list("[", _upper_0x, ", ", "]"), ""),
    "JavaScript": ("const {} = Uint8Array.from(", _list("[", _upper_0x, ", ", "]"), ");"),
}


def tokens_of(digits: str) -> list[str]:
    return [digits[i : i + 2] for i in range(0, len(digits), 2)]


def spelling(rng: random.Random, features: set[str]) -> Spelling:
    """How the halves of a log are spelled."""
    if rng.random() < 0.12:
        chosen = rng.choice(LISTS)
        features.add(f"bytes: {chosen.name}")
    else:
        chosen = rng.choice(HEX)
        features.add(f"hex: {chosen.name}")
    return chosen


def text_column(tokens: Sequence[str]) -> str:
    """The bytes as text, dots for what has no letter."""
    values = [int(token, 16) for token in tokens]
    return "".join(chr(value) if 32 <= value < 127 else "." for value in values)
