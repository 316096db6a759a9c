# SPDX-License-Identifier: MIT
"""Bytes in a line of text, in the many ways people and programs write them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...core.model import record

_PAIR = "[0-9A-Fa-f]{2}"
_NOT_INSIDE = r"(?<![0-9A-Za-z_.])"
_ENDS = r"(?![0-9A-Za-z_])"
_HIDDEN_PAIR = "[Xx*?#]{2}"
_ANY = f"(?:{_PAIR}|{_HIDDEN_PAIR})"
_DOTS = r"(?: \.\.){2,4096}"  # two would be the text of two bytes
_PREFIXED_BYTE = rf"(?:\(byte\)\s?)?0[xX](?:[0-9A-Fa-f]{{1,2}}|{_HIDDEN_PAIR})(?![0-9A-Fa-f])"

# One alternative a spelling; the name of its group says which. Order matters: the first wins.
_RUN = re.compile(
    r"(?P<literal>b(?P<quote>['\"])(?:\\x[0-9a-f]{2}|\\[tnr\\'\"]|[ -\[\]-~])*?(?P=quote))"
    r"|(?P<list>[\[{(]\s{0,4}(?:\(byte\)\s?)?-?(?:0[xX])?[0-9A-Fa-f]{1,3}"
    r"(?:(?:\s{0,12},\s{0,12}|\s{1,4})(?:\(byte\)\s?)?-?(?:0[xX])?[0-9A-Fa-f]{1,3})*"
    r"\s{0,4},?\s{0,4}[\]})])"
    rf"|(?P<escaped>(?:\\x{_PAIR})+)"
    rf"|(?P<prefixed>(?<![0-9A-Za-z_]){_PREFIXED_BYTE}"
    rf"(?:(?:\s{{0,12}},\s{{0,4}}{_PREFIXED_BYTE})+|(?:[ \t]{{1,4}}{_PREFIXED_BYTE})+),?)"
    r"|(?P<single>(?<![0-9A-Za-z_])0[xX][0-9A-Fa-f](?![0-9A-Za-z_]))"
    rf"|(?P<suffixed>{_NOT_INSIDE}{_PAIR}[hH](?:[, ]{{1,2}}{_PAIR}[hH])+{_ENDS})"
    rf"|(?P<joined>{_NOT_INSIDE}(?:{_PAIR}|{_HIDDEN_PAIR}(?=[:-]|, ?{_HIDDEN_PAIR}))"
    rf"(?:(?::{_ANY})+|(?:-{_ANY})+"
    rf"|(?:\.{_PAIR}){{2,}}|(?:(?:, ?{_ANY}){{2,}}|, ?{_PAIR}(?! {{1,2}}{_PAIR}))"
    rf"(?![:-]{_PAIR}),?){_ENDS})"
    r"|(?P<blanks>(?<![0-9A-Za-z_.])(?<![^0-9A-Fa-f]#)(?<!^#)"
    rf"(?:(?:0[xX])?{_PAIR}|{_HIDDEN_PAIR}(?= {{1,2}}{_HIDDEN_PAIR})"
    rf"|[Xx?]{{2}}(?= {{1,2}}{_PAIR})){_ANY}*"
    rf"(?:[ \u00a0]{{1,2}}{_ANY}+)*(?:{_DOTS}(?= |$)(?:[ \u00a0]{{1,2}}{_ANY}+)*)?"
    rf"(?!(?<= {_PAIR})[:-]{_PAIR}){_ENDS})"
)
_LONG = re.compile(r"(?<![0-9A-Za-z_.])[0-9A-Fa-f]{4000,}(?![0-9A-Za-z_])")
_ONLY_SIGNS = re.compile(r"[*?#:, -]+")
_COMMAS = re.compile(rf"(?<![0-9A-Za-z.,]){_PAIR}(?:,{_PAIR}){{3}},?{_PAIR}?(?![0-9A-Za-z])")
_NUMBER = re.compile(r"-?(?:0[xX])?[0-9A-Fa-f]{1,3}")
_LEAN = "[1-9A-Fa-f]?[0-9A-Fa-f]"  # a byte without zeros in front
_UNPADDED = re.compile(rf"(?<![0-9A-Za-z.])(?:{_LEAN} ){{1,4096}}{_LEAN}(?![0-9A-Za-z_.])")
_PREFIXED = re.compile(rf"0[xX](?:[0-9A-Fa-f]{{1,2}}|{_HIDDEN_PAIR})")
_ZERO_IN_FRONT = re.compile("0[xX]0[0-9A-Fa-f]")
_HIDDEN = re.compile(rf"{_HIDDEN_PAIR}|\.\.")
_LETTERS_ONLY = re.compile(r"[A-Fa-f ]+$")
_MARKED_LETTERS = re.compile(r"[^\w\s.,;]\s{0,2}$")
_INS = re.compile(r"\s?(?:\(INS\))?\s*", re.I)
_DECIMAL_POINT = re.compile(r"\.\d")
_LEAST_LETTERS = 4  # bytes of letters only that are no word


@record
class Run:
    """Bytes at a place in a line; zeros stand for `hidden` of them, which somebody blanked."""

    start: int
    stop: int
    data: bytes
    spelling: str
    hidden: int = 0


class Spelling:
    """What the lines of a file show about its numbers where a line alone does not."""

    def __init__(self) -> None:
        self.is_decimal = False
        self.is_unpadded = False
        self.is_comma = False  # single bytes with commas between

    def learn(self, texts: list[str]) -> None:
        """Look for a list that can only be decimal, for bytes without zeros in front, for commas."""
        for text in texts:
            if not self.is_comma and _COMMAS.search(text):
                self.is_comma = True
            if not self.is_decimal and ("[" in text or "{" in text):
                lists = (match for match in _RUN.finditer(text) if match["list"])
                self.is_decimal = any(_shows_decimal(match["list"]) for match in lists)
            if not self.is_unpadded:
                self.is_unpadded = any(
                    _shows_unpadded(sequence[0]) and not _is_in_list(text, sequence.start())
                    for sequence in _UNPADDED.finditer(text)
                )

    def runs(self, text: str) -> list[Run]:
        """The runs of bytes in a line, from left to right."""
        return sorted(self._found(text), key=lambda run: run.start)

    def _found(self, text: str) -> Iterator[Run]:
        if self.is_unpadded and not self.is_decimal:
            sequences = list(_UNPADDED.finditer(text))
            for sequence in sequences:
                data = bytes(int(word, 16) for word in sequence[0].split())
                yield Run(sequence.start(), sequence.end(), data, "unpadded")
                text = text[: sequence.start()] + "~" * len(sequence[0]) + text[sequence.end() :]
        for row in _LONG.finditer(text):  # the pattern of all spellings would remember each pair
            if len(row[0]) % 2 == 0:
                yield Run(row.start(), row.end(), bytes.fromhex(row[0]), "blanks")
                text = text[: row.start()] + "~" * len(row[0]) + text[row.end() :]
        for match in _RUN.finditer(text):
            run = self._run(match, text)
            if run:
                yield run

    def _run(self, match: re.Match[str], text: str) -> Run | None:
        spelling = match.lastgroup or ""
        if match["literal"]:
            spelling = "literal"
        elif match["joined"]:
            spelling = "joined"
        digits = match[0]
        if _ONLY_SIGNS.fullmatch(digits):
            return None  # a rule, or letters in bold
        if spelling == "blanks":
            return _blank_run(match, text)
        if spelling == "joined" and "," in digits and len(digits) < 6 and not self.is_comma:
            return None
        hidden = 0
        if spelling == "prefixed" and _is_mixed(digits):
            return None
        if spelling == "prefixed" and _HIDDEN.search(digits):
            words = [word[2:].rjust(2, "0") for word in _PREFIXED.findall(digits)]
            plain, hidden = _with_zeros("".join(words))
            data: bytes | None = bytes.fromhex(plain)
        elif spelling == "joined":
            plain, hidden = _with_zeros(re.sub("[:., -]", "", digits) if ".." not in digits else "")
            data = bytes.fromhex(plain)
        else:
            data = self._bytes(spelling, digits)
        if not data:
            return None
        return Run(match.start(), match.end() - digits.endswith(","), data, spelling, hidden)

    def _bytes(self, spelling: str, digits: str) -> bytes | None:
        if spelling == "literal":
            inside = digits[2:-1].encode()
            return inside.decode("unicode_escape").encode("latin-1", "replace")
        if spelling == "list":
            return self._list(digits)
        if spelling in ("prefixed", "escaped", "single"):
            return bytes(int(word, 16) for word in re.findall(r"[xX]([0-9A-Fa-f]{1,2})", digits))
        return bytes.fromhex(re.sub(r"[^0-9A-Fa-f]", "", digits))

    def _list(self, digits: str) -> bytes | None:
        """Numbers in brackets: decimal ones, with a sign in Java, or hex."""
        words = _NUMBER.findall(digits.replace("(byte)", " "))
        if len(words) < 2 and digits[1:3].lower() != "0x":
            return None  # a count
        prefixed = any(map(_has_prefix, words))
        is_hex_pairs = all(len(word) == 2 for word in words)
        if digits[0] != "[" and not prefixed and not self.is_decimal and not is_hex_pairs:
            return None  # a count in parentheses
        has_zero_in_front = any(len(word) == 2 and word[0] == "0" for word in words)
        has_letter = any(letter in "abcdefABCDEF" for word in words for letter in word)
        is_hex = is_hex_pairs and (has_zero_in_front or has_letter) and not self.is_decimal
        if prefixed or is_hex:
            numbers = [int(word, 16) for word in words]
        elif has_letter or (
            not self.is_decimal and any("," not in digits and len(word) == 2 for word in words)
        ):
            return None
        else:
            numbers = [int(word) for word in words]
        if min(numbers) < -128 or max(numbers) > 255:
            return None
        return bytes(number & 255 for number in numbers)


def _has_prefix(word: str) -> bool:
    return word.removeprefix("-").startswith(("0x", "0X"))


def _is_mixed(digits: str) -> bool:
    """Whether some bytes have a zero in front and others lack it: a digit was lost."""
    sizes = {len(word) for word in _PREFIXED.findall(digits)}
    return 3 in sizes and bool(_ZERO_IN_FRONT.search(digits))


def _shows_decimal(digits: str) -> bool:
    """Whether a list has a number that is no byte in hex: three digits, or a sign."""
    words = _NUMBER.findall(digits)
    if len(words) < 2 or any(map(_has_prefix, words)):
        return False
    return any(word[0] == "-" or len(word) == 3 for word in words)


def _is_in_list(text: str, start: int) -> bool:
    opening = text.rfind("[", 0, start)
    return opening >= 0 and "]" not in text[opening:start]


def _shows_unpadded(tail: str) -> bool:
    words = tail.split()
    singles = sum(len(word) == 1 for word in words)
    return singles > 1 and len(words) > 3 and singles < len(words)


def _blank_run(match: re.Match[str], text: str) -> Run | None:
    """Groups of hex digits with blanks between them; blanked bytes end what is known."""
    digits = match["blanks"].replace("\u00a0", " ")
    stop = match.end()
    if digits.isdecimal() and _DECIMAL_POINT.match(text, stop):
        return None  # a number with a fraction
    if digits[:2] in ("0x", "0X"):
        digits = digits[2:]
    if _LETTERS_ONLY.match(digits) and not _may_be_letters(digits):
        is_all = _MARKED_LETTERS.search(text[: match.start()]) and _INS.fullmatch(text[stop:])
        if not is_all or len(digits) != 2:
            return None
    digits, hidden = _with_zeros(digits)
    return Run(match.start(), stop, bytes.fromhex(digits), "blanks", hidden)


def _with_zeros(digits: str) -> tuple[str, int]:
    """Digits with zeros for the pairs that somebody blanked, and the number of these."""
    plain = "".join(digits.split())
    pairs = [plain[at : at + 2] for at in range(0, len(plain), 2)]
    hidden = [pair for pair in pairs if _HIDDEN.fullmatch(pair)]
    if not hidden:
        return digits, 0
    return "".join("00" if _HIDDEN.fullmatch(pair) else pair for pair in pairs), len(hidden)


def _may_be_letters(digits: str) -> bool:
    """Whether digits that are all letters are bytes and no word: many of them, or FF."""
    bare = digits.replace(" ", "")
    return len(bare) >= 2 * _LEAST_LETTERS or set(bare.upper()) == {"F"}
