# SPDX-License-Identifier: MIT
"""An expression as tokens: words, quoted texts and symbols, each with its place."""

from __future__ import annotations

from typing import Literal

from ..errors import WhereError
from ..model import record

MOST_CHARACTERS = 1000
MOST_TOKENS = 400
BLANKS = " \t\r\n"
QUOTES = "\"'"
# The longer ones first: "==" is never two "=".
SYMBOLS: tuple[str, ...] = ("&&", "||", "==", "!=", "<=", ">=", "..", *"(){},~!=<>")

Kind = Literal["word", "text", "symbol", "end"]


@record
class Token:
    """A piece of an expression; `at` is its first character, from 0."""

    kind: Kind
    text: str
    at: int

    @property
    def key(self) -> str:
        """The token as the grammar compares it: empty for a quoted text, which is never a keyword."""
        return "" if self.kind == "text" else self.text.lower()


def tokens_of(expression: str) -> list[Token]:
    """The tokens of an expression, the last of which is its end."""
    if len(expression) > MOST_CHARACTERS:
        raise WhereError(f"more than {MOST_CHARACTERS} characters", MOST_CHARACTERS, expression)
    tokens: list[Token] = []
    at = 0
    while at < len(expression):
        if expression[at] in BLANKS:
            at += 1
            continue
        token, at = _token_at(expression, at)
        if len(tokens) == MOST_TOKENS:
            raise WhereError(f"more than {MOST_TOKENS} words and signs", token.at, expression)
        tokens.append(token)
    tokens.append(Token("end", "", len(expression)))
    return tokens


def _token_at(expression: str, at: int) -> tuple[Token, int]:
    """The token that begins here, and where the next may begin."""
    if expression[at] in QUOTES:
        end = expression.find(expression[at], at + 1)
        if end < 0:
            raise WhereError("the quote is not closed", at, expression)
        return Token("text", expression[at + 1 : end], at), end + 1
    symbol = _symbol_at(expression, at)
    if symbol:
        return Token("symbol", symbol, at), at + len(symbol)
    end = at + 1
    while end < len(expression) and not _ends_word(expression, end):
        end += 1
    return Token("word", expression[at:end], at), end


def _symbol_at(expression: str, at: int) -> str:
    for symbol in SYMBOLS:
        if expression.startswith(symbol, at):
            return symbol
    return ""


def _ends_word(expression: str, at: int) -> bool:
    character = expression[at]
    return character in BLANKS or character in QUOTES or bool(_symbol_at(expression, at))
