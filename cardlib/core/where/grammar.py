# SPDX-License-Identifier: MIT
"""The grammar of the filter language, by recursive descent; it is written down in tests/where_cases.toml."""

from __future__ import annotations

from typing import Any

from ..errors import WhereError
from .kinds import DURATION, FIELDS, ORDERS, UNITS, Kind
from .terms import AllOf, AnyOf, Equal, Expression, Has, Item, Not, Order, Part, cheap_first
from .tokens import Token, tokens_of

MOST_DEPTH = 40
OR = ("or", "||")
AND = ("and", "&&")
NOT = ("not", "!")
OPERATORS = {
    "==": "==",
    "=": "==",
    "in": "==",
    "!=": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "~": "~",
    "contains": "~",
}
KEYWORDS = ("and", "or", "not", "in", "contains")


def parse(expression: str) -> Expression:
    """The terms of an expression; WhereError names the place of what is wrong in it. An empty one selects all."""
    return _Parser(expression).parse()


class _Parser:
    """The tokens of an expression, and the one that is looked at."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = tokens_of(expression)
        self.place = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def parse(self) -> Expression:
        """All of the expression."""
        if self.token.kind == "end":
            return AllOf()
        expression = self._either()
        token = self.token
        if token.key == ")":
            raise self._wrong('")" without "("', token)
        if token.kind != "end":
            hint = "quote a text of several words"
            raise self._wrong(f'"and" or "or" is missing before "{token.text}" ({hint})', token)
        return expression

    def _wrong(self, message: str, token: Token) -> WhereError:
        return WhereError(message, token.at, self.expression)

    def _take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.place += 1
        return token

    def _take_if(self, keys: tuple[str, ...]) -> bool:
        if self.token.kind == "end" or self.token.key not in keys:
            return False
        self.place += 1
        return True

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise self._wrong(f"more than {MOST_DEPTH} levels deep", self.token)

    def _either(self) -> Expression:
        terms = [self._both()]
        while self._take_if(OR):
            terms.append(self._both())
        if len(terms) == 1:
            return terms[0]
        return AnyOf(cheap_first(terms))

    def _both(self) -> Expression:
        terms = [self._not()]
        while self._take_if(AND):
            terms.append(self._not())
        if len(terms) == 1:
            return terms[0]
        return AllOf(cheap_first(terms))

    def _not(self) -> Expression:
        if self.token.key in NOT:
            self._deeper()
            self._take()
            expression: Expression = Not(self._not())
            self.depth -= 1
            return expression
        if self.token.key == "(":
            return self._group()
        return self._comparison()

    def _group(self) -> Expression:
        self._deeper()
        self._take()
        expression = self._either()
        if not self._take_if((")",)):
            raise self._wrong('")" is missing', self.token)
        self.depth -= 1
        return expression

    def _comparison(self) -> Expression:
        """A field and what it is compared with; a field alone; or words."""
        token = self.token
        following = self.tokens[min(self.place + 1, len(self.tokens) - 1)]
        if not self._is_plain(token):
            raise self._wrong("a comparison or a word is missing", token)
        is_compared = following.key in OPERATORS
        if token.kind == "word" and token.key in FIELDS:
            self._take()
            if is_compared:
                return self._compared(token.key, self._take())
            return self._alone(token.key)
        if is_compared:
            raise self._wrong(f'"{token.text}" is no field: {", ".join(FIELDS)}', token)
        return self._words()

    def _is_plain(self, token: Token) -> bool:
        """Whether a token is a word that is no keyword, or a quoted text."""
        return token.kind == "text" or (token.kind == "word" and token.key not in KEYWORDS)

    def _alone(self, field: str) -> Expression:
        if FIELDS[field].operators and self._is_plain(self.token):
            raise self._wrong(f'an operator is missing after "{field}"', self.token)
        return Has(field)

    def _words(self) -> Expression:
        """Words side by side: each of them is somewhere."""
        terms: list[Expression] = []
        while self._is_plain(self.token) and self.token.key not in FIELDS:
            terms.append(Part("text", (self._take().text.lower(),)))
        return AllOf(tuple(terms))

    def _compared(self, field: str, sign: Token) -> Expression:
        operator = OPERATORS[sign.key]
        kind = FIELDS[field]
        if not kind.operators:
            raise self._wrong(f'"{field}" stands alone: it has no value', sign)
        if operator not in kind.operators:
            fitting = " ".join(kind.operators)
            raise self._wrong(f'"{sign.text}" does not fit "{field}", but {fitting}', sign)
        if operator in ORDERS:
            return Order(field, operator, self._single(kind, sign))
        items = self._items(field, operator, sign)
        if operator == "~":
            return Part(field, tuple(first for first, _ in items))
        equal = Equal(field, items)
        if operator == "!=":
            return Not(equal)
        return equal

    def _single(self, kind: Kind, sign: Token) -> Any:
        """The number that an order compares with."""
        token = self.token
        if token.key == "{":
            raise self._wrong(f'"{sign.text}" needs one value', token)
        number = self._value(kind, sign)
        self._must_be_exact(number, token)
        if self.token.key == "..":
            raise self._wrong(f'"{sign.text}" needs one value', self.token)
        return number

    def _must_be_exact(self, number: Any, token: Token) -> None:
        if number.mask >= 0:
            raise self._wrong(f'"{token.text}" has no order: x is any digit', token)

    def _items(self, field: str, operator: str, sign: Token) -> tuple[Item, ...]:
        """The values and ranges of an operand."""
        kind = FIELDS[field]
        brace = self.token
        if not self._take_if(("{",)):
            return (self._item(field, kind, operator, sign),)
        items = [self._item(field, kind, operator, brace)]
        while self.token.key == ",":
            comma = self._take()
            items.append(self._item(field, kind, operator, comma))
        if not self._take_if(("}",)):
            raise self._wrong('"," or "}" is missing', self.token)
        return tuple(items)

    def _item(self, field: str, kind: Kind, operator: str, before: Token) -> Item:
        """A value, or a range of them."""
        token = self.token
        first = self._value(kind, before)
        if self.token.key != "..":
            return first, first
        dots = self._take()
        if not kind.has_order or operator == "~":
            raise self._wrong(f'"{field}" has no ranges', dots)
        self._must_be_exact(first, token)
        end = self.token
        last = self._value(kind, dots)
        self._must_be_exact(last, end)
        if last.value < first.value:
            raise self._wrong("the range ends before it begins", token)
        return first, last

    def _value(self, kind: Kind, before: Token) -> Any:
        """What a word or a quoted text stands for; a unit may be a word of its own."""
        token = self.token
        if token.kind not in ("word", "text"):
            raise self._wrong(f'a value is missing after "{before.text}"', token)
        self._take()
        value = kind.read(token.text)
        if value is None and kind is DURATION and self.token.key in UNITS:
            value = kind.read(token.text + self._take().text)
        if value is None:
            raise self._wrong(f'"{token.text}" {kind.wrong}', token)
        return value
