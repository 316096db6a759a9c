# SPDX-License-Identifier: MIT
"""Rules about payment codes that a tag carries as text or address; of a code alone, `cardlib decode` says the same."""

from __future__ import annotations

from collections.abc import Iterator

from ..bare import Reading, explain
from ..bare.payment_codes import PRETENDER, UNPROTECTED, WRONG_IBAN
from ..bare.qr import NO_CHECK_SUM, WRONG_CHECK_SUM
from ..core.model import Evidence, Exchange, Node, record
from ..core.tlv import CONTINUED
from ..road.meaning import halves
from .engine import Case, Kind, Results, fails_if, only

CODE = "qr"  # what explain calls a payment code
CARRIERS = (
    "ndef",
    "ultralight",
    "iso15693",
    "felica",
    "desfire",
)  # applications whose data hold NDEF
# How the rows of NDEF call the parts of a text or address.
ADDRESS = "URI"
LANGUAGE = "language"
WORDS = "words"
MERCHANT = "QR code, merchant-presented"
CHECK_SUMS = (NO_CHECK_SUM, WRONG_CHECK_SUM)
MOST = 64  # texts that are looked at


@record
class Code:
    """A payment code on a tag: as it is read, and the bytes that hold it, some of each answer."""

    reading: Reading
    places: tuple[Evidence, ...]

    @property
    def is_address(self) -> bool:
        """Whether it is the address of a wallet, or names one."""
        return any(node.name == "address" for node in self.reading.nodes)


def _codes(cases: tuple[Case, ...]) -> Iterator[tuple[Code, str, str]]:
    """The payment codes of each capture, each once; of many texts the first are looked at."""
    for case in cases:
        seen: set[str] = set()
        for text, places in _texts(case):
            if text in seen:
                continue
            if len(seen) == MOST:
                break
            seen.add(text)
            reading = next(iter(explain(text).readings), None)
            if reading and reading.kind == CODE:
                yield Code(reading, places), case.file, ""


code_rule = Kind[Code](_codes, "a capture")


def _texts(case: Case) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
    """The texts and addresses of NDEF, each put together again where several answers hold it."""
    text = b""
    places: list[Evidence] = []
    session = -1
    for exchange in case.exchanges:
        for node, begins in _parts(exchange):
            if begins or exchange.session != session:
                if text:
                    yield text.decode("utf-8", "replace"), tuple(places)
                text, places, session = b"", [], exchange.session
            text += _bytes_of(node)
            places.append(Evidence(exchange.index, "response", node.start, node.stop))
    if text:
        yield text.decode("utf-8", "replace"), tuple(places)


def _parts(exchange: Exchange) -> Iterator[tuple[Node, bool]]:
    """The parts of texts and addresses in an answer, and whether one begins there."""
    if exchange.context.application not in CARRIERS:
        return
    for side, root in halves(exchange):
        begins = False
        for _, node in root.walk():
            if side == "command":
                continue
            if node.name == LANGUAGE:
                begins = True
            elif node.name == ADDRESS:
                yield node, not _is_continued(node)
            elif node.name == WORDS:
                yield node, begins
                begins = False


def _is_continued(node: Node) -> bool:
    """Whether a part begins in an answer before."""
    return node.note == CONTINUED


def _bytes_of(node: Node) -> bytes:
    """What a part adds to a text: the first byte of an address stands for how it begins."""
    if node.name != ADDRESS or _is_continued(node):
        return node.value
    beginning = node.fact.describe(node.value[:1])
    return beginning.encode() + node.value[1:]


@code_rule(
    "Q01", "high", "a payment code without a right check sum", "EMV QR Code, merchant-presented, 4"
)
def wrong_check_sum(code: Code) -> Results:
    """The check sum of a merchant's code is wrong or missing: the code was changed, or copied badly. Do: do not pay;
    let the merchant show another one.
    """
    only(code.reading.title.startswith(MERCHANT))
    wrong = [remark for remark in code.reading.remarks if remark in CHECK_SUMS]
    detail = ", ".join(wrong) or "its check sum (63) is right"
    yield fails_if(wrong, detail, *code.places)


@code_rule("Q02", "high", "a payment code with an account that cannot be", "ISO 13616")
def wrong_account(code: Code) -> Results:
    """The check digits of the IBAN in a code for a transfer are wrong: the code was changed or mistyped. Do: do not
    pay.
    """
    is_wrong = WRONG_IBAN in code.reading.remarks
    only(is_wrong or "IBAN" in code.reading.reason)
    detail = code.reading.reason
    if is_wrong:
        detail = WRONG_IBAN
    yield fails_if(is_wrong, detail, *code.places)


@code_rule("Q03", "high", "an address that pretends to be a wallet's", "hosts that wallets publish")
def pretender(code: Code) -> Results:
    """The address names a wallet, but its host is not one of the wallet's: whoever pays there pays somebody else. Do:
    do not open it; look for a sticker over the real one.
    """
    only(code.is_address)
    is_false = code.reading.title.startswith(PRETENDER)
    yield fails_if(is_false, code.reading.title, *code.places)


@code_rule("Q04", "medium", "the address of a payment is not protected", "RFC 9110, 4.2.1")
def unprotected(code: Code) -> Results:
    """The address of a wallet begins with http: anyone on the way can change what is asked for. Do: write https."""
    only(code.is_address)
    is_open = UNPROTECTED in code.reading.remarks
    detail = code.reading.reason
    if is_open:
        detail = UNPROTECTED
    yield fails_if(is_open, detail, *code.places)
