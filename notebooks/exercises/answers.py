# SPDX-License-Identifier: MIT
"""What a learner hands in: numbers in any base and unit, hex as text or bytes, words; and what is wrong with the rest.

Nothing here raises, whatever is handed in.
"""

from __future__ import annotations

import math
import operator
import re

Value = int | float | str

TIMES = {"s": 1e9, "ms": 1e6, "us": 1e3, "µs": 1e3, "μs": 1e3, "ns": 1.0}
SIZES = {"bytes": 8.0, "byte": 8.0, "bits": 1.0, "bit": 1.0}
MONEY = {"fen": 1.0, "yuan": 100.0, "cny": 100.0}
SHARES = {"%": 1.0, "percent": 1.0, "per cent": 1.0}
FAMILIES = (TIMES, SIZES, MONEY, SHARES)

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?")
_HEX = re.compile(r"(?:0x([0-9a-f]+)|([0-9a-f]+)h|(?=[0-9]*[a-f])([0-9a-f]+))")
_DIGITS = re.compile(r"(?:[0-9A-F]{2})+|[0-9A-F]")
_SEPARATORS = re.compile(r"[\s:_-]+")
_ARTICLE = re.compile(r"^(?:the|a|an)\s+", re.IGNORECASE)
LONGEST = 400  # characters of an answer that are looked at
SHOWN = 24  # characters of an answer that are shown again


def same(answer: object, right: Value, unit: str = "") -> bool:
    """Whether an answer means the same: 2 and "2", 0x1F and 31, "9f38" and "9F 38", bytes and hex, 0.3 s and 300 ms."""
    if answer is None or isinstance(answer, bool):
        return False
    try:
        if isinstance(right, str):
            return _same_text(answer, right)
        return any(_equal(number, right) for number in _numbers(answer, unit))
    except Exception:  # an object of a learner's own may break whatever touches it
        return False


def _equal(number: float, right: float) -> bool:
    if isinstance(right, int) and isinstance(number, int):
        return number == right
    if isinstance(right, int):
        return math.isclose(number, right, rel_tol=1e-9)
    return math.isclose(number, right, rel_tol=0.01)


def _same_text(answer: object, right: str) -> bool:
    wanted = _plain(right)
    if isinstance(answer, bytes | bytearray):
        return answer.hex().upper() == wanted
    if isinstance(answer, str):
        text = _plain(answer)
        return wanted in (text, text.removeprefix("0X"))
    if not _DIGITS.fullmatch(wanted):
        return False
    number = operator.index(answer)  # type: ignore[arg-type]
    return number == int(wanted, 16) or str(number) == wanted


def _plain(text: str) -> str:
    """A text without what a person may leave out: spaces, separators, an article, quotes."""
    words = _ARTICLE.sub("", text[:LONGEST].strip().strip("\"'."))
    return _SEPARATORS.sub("", words).upper()


def _numbers(answer: object, unit: str) -> list[float]:
    """What a learner may mean by an answer, in the unit of the question."""
    if isinstance(answer, str):
        number, written = _written(answer)
        if number is None:
            return []
        if written:
            factor = _factor(written, unit)
            return [] if factor is None else [_whole(number * factor)]
        return _bare(number, unit)
    if isinstance(answer, bytes | bytearray):
        return [int.from_bytes(answer)] if 0 < len(answer) <= 8 else []
    try:
        return [operator.index(answer)]  # type: ignore[arg-type]
    except TypeError:
        return _bare(answer, unit) if isinstance(answer, float) else []


def _written(text: str) -> tuple[float | None, str]:
    """The number and the unit of a text."""
    plain = text[:LONGEST].strip().lower()
    if hexadecimal := _HEX.fullmatch(plain):
        return int(next(filter(None, hexadecimal.groups())), 16), ""
    number = _NUMBER.match(plain)
    if number is None:
        return None, ""
    digits, rest = number[0], plain[number.end() :].strip()
    return (int(digits) if digits.isdecimal() else float(digits)), rest


def _factor(written: str, unit: str) -> float | None:
    """By what a number in a written unit is multiplied to be in the unit of the question."""
    for family in FAMILIES:
        if written in family and unit in family:
            return family[written] / family[unit]
    return None


def _bare(number: float, unit: str) -> list[float]:
    """A number without a unit: also a fraction where per cent are asked, and seconds where thousandths are."""
    meant = [number]
    if unit == "%" and 0 < abs(number) <= 1:
        meant.append(100 * number)
    if unit in ("ms", "us") and isinstance(number, float):
        meant.append(number * TIMES["s"] / TIMES[unit])
    return meant


def _whole(number: float) -> float:
    """An int where a conversion gives one."""
    nearest = round(number) if math.isfinite(number) else 0
    return nearest if math.isclose(number, nearest, rel_tol=1e-12) else number


# ---------------------------------------------------------------- what is wrong with an answer


def called(answer: object) -> tuple[object, str]:
    """What a function of the learner's own returns, and what went wrong in it; any other answer as it is."""
    if not callable(answer):
        return answer, ""
    try:
        return answer(), ""
    except TypeError as fault:
        if "argument" in str(fault):
            return None, "that is a function that wants arguments: hand in what it returns"
        return None, _stopped(fault)
    except (Exception, SystemExit) as fault:  # it is the learner's, and may do anything
        return None, _stopped(fault)


def _stopped(fault: BaseException) -> str:
    try:
        why = " ".join(str(fault).split())[:80]
    except Exception:  # an exception may fail to say what it is
        why = ""
    return f"your function stopped with {type(fault).__name__}" + (f": {_visible(why)}" if why else "")


def complaint(answer: object, right: Value, unit: str = "") -> str:
    """One line about an answer that can be none of this kind; nothing about one that is only wrong."""
    try:
        return _complaint(answer, right, unit)
    except Exception:  # as above
        return f"a {type(answer).__name__} is no answer here: {_wanted(right, unit)}"


def _complaint(answer: object, right: Value, unit: str) -> str:
    if isinstance(answer, bool):
        return f"{answer} is a yes or a no: {_wanted(right, unit)}"
    if isinstance(answer, list | tuple | set | frozenset | dict):
        return f"that is a {type(answer).__name__} of {len(answer)}: {_wanted(right, unit)}"
    if type(answer).__name__ in ("Node", "Hit", "Exchange"):
        return f"that is a whole {type(answer).__name__}: hand in the value that you read in it"
    if isinstance(right, str):
        return _no_text(answer, right, unit)
    if isinstance(answer, str):
        return _no_number(answer, right, unit)
    if isinstance(answer, bytes | bytearray):
        return "" if 0 < len(answer) <= 8 else f"that is {len(answer)} bytes: {_wanted(right, unit)}"
    if _numbers(answer, unit) and not (isinstance(answer, float) and not math.isfinite(answer)):
        return ""
    return f"a {type(answer).__name__} is no answer here: {_wanted(right, unit)}"


def _no_text(answer: object, right: str, unit: str) -> str:
    if isinstance(answer, str | bytes | bytearray):
        return "" if len(answer) else f"that is empty: {_wanted(right, unit)}"
    is_hex = bool(_DIGITS.fullmatch(_plain(right)))
    if is_hex and isinstance(answer, int):
        return ""
    return f"a {type(answer).__name__} is no answer here: {_wanted(right, unit)}"


def _no_number(answer: str, right: Value, unit: str) -> str:
    number, written = _written(answer)
    if number is None:
        return f"{_visible(answer[:SHOWN])!r} is no number: {_wanted(right, unit)}"
    if written and _factor(written, unit) is None:
        return f"{_visible(written[:SHOWN])!r} is no unit here: {_wanted(right, unit)}"
    return ""


def _wanted(right: Value, unit: str) -> str:
    if isinstance(right, str):
        if _DIGITS.fullmatch(_plain(right)):
            return 'wanted are bytes, or their hex as a text, such as "9F38"'
        return "a word is wanted, as a text in quotes"
    if unit:
        return f"a number is wanted, in {unit}"
    return "a number is wanted"


def _visible(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)
