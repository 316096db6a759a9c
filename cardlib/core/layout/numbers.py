# SPDX-License-Identifier: MIT
"""Formats of numbers: binary, decimal digits in half bytes, money."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..codec import parse_bcd, parse_cn, parse_semi, to_hex
from .format import Format, Table, unsigned

MOST = 8  # bytes of a number that is shown in decimal digits

# Currencies whose minor unit is not a hundredth (ISO 4217)
_NO_MINOR = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS = dict.fromkeys(_NO_MINOR.split(), 0) | dict.fromkeys(_THOUSANDTHS.split(), 3)

_CURRENCY = re.compile("[A-Z]{3}")
_PLMN = re.compile(r"(\d)(\d)([\df])(\d)(\d)(\d)")
_TRACK2 = re.compile(r"(\d{1,19})D(\d\d)(0[1-9]|1[0-2])(?:(\d{3})(\d*)F?|(.+))")
_DIALLED = str.maketrans(
    "abcde", "*#pwe"
)  # 3GPP TS 51.011, 10.5.1: A is *, B is #, C a pause, D any digit
_TYPED = str.maketrans("*#pw", "abcd")


def swapped(value: bytes) -> bytes:
    """The two halves of each byte exchanged."""
    return bytes((byte << 4 | byte >> 4) & 0xFF for byte in value)


def little(value: bytes) -> int:
    """The value as a number, lowest byte first."""
    return int.from_bytes(value, "little")


def _signed(value: bytes) -> int:
    return int.from_bytes(value, "big", signed=True)


def _signed_part(value: bytes, spare: int) -> str:
    width = 8 * len(value) - spare
    number = unsigned(value)
    if number >> (width - 1):
        number -= 1 << width
    return str(number)


def _signed_little(value: bytes) -> int:
    return int.from_bytes(value, "little", signed=True)


def decimal(value: bytes) -> int:
    """The number that BCD digits write."""
    return int(value.hex())


def _least(number: int) -> int:
    """How many bytes a number takes."""
    return max(1, (number.bit_length() + 7) // 8)


def _big_bytes(number: int, size: int) -> bytes:
    if number < 0:
        return number.to_bytes(size or _least(2 * -number), "big", signed=True)
    return number.to_bytes(size or _least(number), "big")


def _little_bytes(number: int, size: int) -> bytes:
    return _big_bytes(number, size)[::-1]


def _decimal_bytes(number: int, size: int) -> bytes:
    digits = str(number)
    return bytes.fromhex(digits.zfill(2 * size or len(digits) + len(digits) % 2))


Number = Callable[[bytes], int]
Encode = Callable[[int, int], bytes]


def _number(
    number: Number, encode: Encode, part: Callable[[bytes, int], str] | None = None
) -> Format:
    """A format that prints a whole number; a longer value than `MOST` bytes reads as hex."""

    def read(value: bytes) -> str | None:
        if len(value) > MOST:
            return None
        return str(number(value))

    def write(text: str, size: int) -> bytes:
        return encode(int(text), size)

    return Format(read, write, f"a number of up to {MOST} bytes", (), part, number)


def _money(number: Number, encode: Encode, argument: str) -> Format:
    """Money in minor units; the argument is the number of decimal places, or the currency that knows it."""
    currency = unit = ""
    if _CURRENCY.fullmatch(argument):
        currency = argument
        unit = f" {currency}"
    places = _DIGITS.get(currency, 2)
    if argument in ("0", "1", "2", "3", "4"):
        places = int(argument)
    elif argument and not currency:
        raise ValueError(
            f"{argument!r} is neither a number of decimal places nor a currency like CNY"
        )

    def read(value: bytes) -> str | None:
        if len(value) > MOST:
            return None
        amount = number(value)
        sign = ""
        if amount < 0:
            sign = "-"
        digits = str(abs(amount)).zfill(places + 1)
        cut = len(digits) - places
        if places:
            digits = f"{digits[:cut]}.{digits[cut:]}"
        return f"{sign}{digits}{unit}"

    def write(text: str, size: int) -> bytes:
        amount = text.removesuffix(unit)
        whole, _, fraction = amount.partition(".")
        if len(fraction) != places:
            raise ValueError(f"{places} decimal places expected")
        return encode(int(whole + fraction), size)

    return Format(read, write, "an amount", (), None, number)


def _money_format(number: Number, encode: Encode) -> Callable[[str], Format]:
    return lambda argument: _money(number, encode, argument)


def _hex_part(value: bytes, spare: int) -> str:
    return to_hex(value)[spare // 4 :]


def _from_hex(text: str, size: int) -> bytes:
    return bytes.fromhex(text.zfill(len(text) + len(text) % 2))


def _from_digits(text: str, size: int) -> bytes:
    if not text.isdecimal():
        raise ValueError("digits expected")
    return bytes.fromhex(text.zfill(2 * size or len(text) + len(text) % 2))


def _bcd_part(value: bytes, spare: int) -> str | None:
    digits = _hex_part(value, spare)
    if not digits.isdecimal():
        return None
    return digits


def _no_zeros(value: bytes) -> str | None:
    digits = parse_bcd(value)
    if not digits:
        return None
    return digits.lstrip("0")


def _filled(digits: str, size: int) -> bytes:
    """Digits from the left, filled up with F."""
    return bytes.fromhex(digits.ljust(2 * size or len(digits) + len(digits) % 2, "f"))


def _from_cn(text: str, size: int) -> bytes:
    return _filled(text, size)


def _from_semi(text: str, size: int) -> bytes:
    return swapped(_filled(text, size))


def _dialled(value: bytes) -> str | None:
    digits = swapped(value).hex().rstrip("f")
    if "f" in digits:
        return None
    return digits.translate(_DIALLED)


def _from_dialled(text: str, size: int) -> bytes:
    return swapped(_filled(text.translate(_TYPED), size))


def _swapped_hex(value: bytes) -> str:
    return to_hex(swapped(value))


def _five_bits(value: bytes, spare: int) -> str | None:
    """Characters of four bits, lowest first, and odd parity (TIG SCEPACS, table 4-3)."""
    width = 8 * len(value) - spare
    bits = format(unsigned(value), f"0{width}b")
    groups = [bits[at : at + 5] for at in range(0, width, 5)]
    if width % 5 or any(group.count("1") % 2 == 0 for group in groups):
        return None
    return "".join(f"{int(group[3::-1], 2):X}" for group in groups)


def _from_five_bits(text: str, size: int) -> bytes:
    bits = ""
    for character in text:
        data = format(int(character, 16), "04b")[::-1]
        bits += data + "01"[data.count("1") % 2 == 0]
    return int(bits, 2).to_bytes(size or (len(bits) + 7) // 8, "big")


def _amount(value: bytes) -> str | None:
    if len(value) > 32:
        return None
    digits = parse_bcd(value)
    if not digits:
        return None
    return f"{int(digits)} minor units"


def _from_amount(text: str, size: int) -> bytes:
    return _decimal_bytes(int(text.removesuffix(" minor units")), size)


def _track2(value: bytes) -> str | None:
    """PAN, expiry, service code and discretionary data, D after the first (ISO/IEC 7813)."""
    match = _TRACK2.fullmatch(to_hex(value))
    if not match:
        return None
    pan, year, month, service, data, rest = match.groups()
    century = "20"
    if year >= "50":
        century = "19"
    text = f"{pan} expires {century}{year}-{month}"
    if not rest:
        text = f"{text} service {service}"
        if data:
            text = f"{text} data {data}"
        return text
    if rest.count("F") > 2 and rest.replace("F", "").isdecimal():  # taken out before sharing
        return f"{text}, then digits overwritten with F"
    return f"{text}, then not digits: {rest}"


def _imsi(value: bytes) -> str | None:
    """The first half byte holds parity and is no digit (3GPP TS 31.102, 4.2.2)."""
    digits = parse_semi(value) or ""
    return digits[1:] or None


def _from_imsi(text: str, size: int) -> bytes:
    odd = len(text) % 2
    return _from_semi(f"{8 * odd + 1}{text}", size)


def _plmn(value: bytes) -> str | None:
    """Country and network; the third digit of the network, or F, stands between (3GPP TS 24.008, 10.5.1.13)."""
    if value == b"\xff\xff\xff":
        return "none"
    match = _PLMN.fullmatch(value.hex())
    if match is None:
        return None
    return match.expand(r"\2\1\4-\6\5\3").rstrip("f")


def _from_plmn(text: str, size: int) -> bytes:
    if text == "none":
        return b"\xff\xff\xff"
    country, _, network = text.partition("-")
    network = network.ljust(3, "f")
    return bytes.fromhex(
        country[1] + country[0] + network[2] + country[2] + network[1] + network[0]
    )


def _bool(value: bytes) -> str | None:
    return {0: "no", 1: "yes"}.get(unsigned(value))


def _from_bool(text: str, size: int) -> bytes:
    return {"no": 0, "yes": 1}[text].to_bytes(size or 1, "big")


def _version(value: bytes) -> str:
    return ".".join(str(byte) for byte in value)


def _from_version(text: str, size: int) -> bytes:
    return bytes(int(number) for number in text.split("."))


def _backwards(value: bytes) -> str:
    return to_hex(value[::-1])


def _from_backwards(text: str, size: int) -> bytes:
    return bytes.fromhex(text)[::-1]


def _nothing(value: bytes) -> str:
    return ""


_HEX = Format(to_hex, _from_hex, part=_hex_part, halves=True)
_BCD = Format(parse_bcd, _from_digits, "decimal digits", (), _bcd_part, decimal, halves=True)

NUMBERS: Table = {
    "hex": _HEX,
    "b": _HEX,
    "nibbles": _HEX,
    "xel": Format(_backwards, _from_backwards, number=little),
    "none": Format(_nothing, _from_hex),
    "int": _number(unsigned, _big_bytes),
    "le": _number(little, _little_bytes),
    "signed": _number(_signed, _big_bytes, _signed_part),
    "les": _number(_signed_little, _little_bytes),
    "bcdint": _number(decimal, _decimal_bytes),
    "bool": Format(_bool, _from_bool, "yes or no"),
    "version": Format(_version, _from_version),
    "money": _money_format(unsigned, _big_bytes),
    "smoney": _money_format(_signed, _big_bytes),
    "moneyle": _money_format(little, _little_bytes),
    "bcdmoney": _money_format(decimal, _decimal_bytes),
    "amount": Format(_amount, _from_amount, "an amount"),
    "bcd": _BCD,
    "n": _BCD,
    "bcd0": Format(_no_zeros, _from_digits, "decimal digits", (), None, decimal),
    "bcd5": Format(
        lambda value: _five_bits(value, 0),
        _from_five_bits,
        "digits with odd parity",
        (),
        _five_bits,
    ),
    "cn": Format(parse_cn, _from_cn, "decimal digits"),
    "semi": Format(parse_semi, _from_semi, "decimal digits"),
    "digits": Format(_dialled, _from_dialled, "digits filled up with F"),
    "swap": Format(_swapped_hex, lambda text, size: swapped(bytes.fromhex(text))),
    "track2": Format(_track2, _from_hex, "track 2 data"),
    "imsi": Format(_imsi, _from_imsi, "an IMSI"),
    "plmn": Format(_plmn, _from_plmn, "a network", (3,)),
}
