# SPDX-License-Identifier: MIT
"""Made-up secrets of every kind, planted where a row marks them and again where none does; and no stars by chance."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator

import pytest

import cardlib
from cardlib import Capture
from cardlib.core.model import Exchange
from cardlib.share.masking import handing_on, shown
from cardlib.share.redaction import redacted
from cardlib.show import html as display_html
from cardlib.show import tables
from cardlib.show import text as display
from cardlib.show.explorer.chunk import unpacked
from cardlib.show.explorer.store import Store
from cardlib.show.hits import Hits
from cardlib.show.json import finding_json, to_json

pytestmark = pytest.mark.no_cover

COUNT, LONG_COUNT = 40, 200
OTHER = "QZXJVKWPYB"  # letters of secrets that no row marks
Lines = list[str]
Plant = tuple[
    str, str, bytes, Lines
]  # kind, how people write it, its bytes, the lines that mark it


def tlv(tag: str, value: str) -> str:
    size = len(value) // 2
    return f"{tag}{size:02X}{value}" if size < 128 else f"{tag}81{size:02X}{value}"


def hexed(text: str) -> str:
    return text.encode().hex().upper()


def swapped(digits: str) -> str:
    digits += "F" * (len(digits) % 2)
    return "".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2))


def selected(aid: str) -> Lines:
    return [f"> 00A40400{len(aid) // 2:02X}{aid}00", "< 9000"]


def answered(command: str, data: str) -> Lines:
    return [f"> {command}", f"< {data}9000"]


PAYMENT, USIM = selected("A0000000031010"), selected("A0000000871002FFFFFFFF8907090000")
PASSPORT, PIV = selected("A0000002471001"), selected("A00000030800001000")
OPENPGP, ESIM = selected("D2760001240103"), selected("A0000005591010FFFFFFFF8900000100")
FIDO, OATH = selected("A0000006472F0001"), selected("A0000005272101")
VD = "0008001FFFFFFFFF"  # where the insurance data of a health card stand; the protected ones are absent
PURSE = selected("A000000632010105")
CARE, SOCIAL = selected("D27600000102"), selected("7378312E73682EC9E7BBE1B1A3D5CF")


def digits(dice: random.Random, size: int) -> str:
    return "".join(dice.choice("0123456789") for _ in range(size - 4)) + "7391"


def words(dice: random.Random, letters: str = "ABDEGHIKLMNORSTUVWZ") -> str:
    return "".join(dice.choice(letters) for _ in range(dice.randrange(8, 14)))


def record(data: str) -> Lines:
    return answered("00B2010C00", tlv("70", data))


def digital(kind: str, text: str, lines: Lines) -> Plant:
    return kind, text, bytes.fromhex(text + "F" * (len(text) % 2)), lines


def textual(kind: str, text: str, lines: Lines) -> Plant:
    return kind, text, text.encode(), lines


def plants(dice: random.Random) -> Iterator[Callable[[], Plant]]:
    """A maker for each kind of secret and each place of it: numbers of test ranges, invented names."""
    pan, name, number = f"476173{digits(dice, 10)}", words(dice), digits(dice, 11)
    iccid, imsi = f"8900999{digits(dice, 12)}", f"99970{digits(dice, 10)}"
    birth = f"19{dice.randrange(50, 99)}{dice.randrange(1, 13):02}{dice.randrange(1, 29):02}"
    key = dice.randbytes(16)
    imsi_file = f"08{swapped('9' + imsi)}"
    yield lambda: digital("pan", pan, PAYMENT + record(tlv("5A", pan)))
    yield lambda: digital("pan", pan, PAYMENT + record(tlv("57", f"{pan}D2512201{'0' * 9}F")))
    yield lambda: textual("name", name, PAYMENT + record(tlv("5F20", hexed(name))))
    yield lambda: textual(
        "name", name, PASSPORT + answered("00B08B0000", tlv("6B", tlv("5F0E", hexed(name))))
    )
    yield lambda: textual(
        "document", number, PASSPORT + answered("00B08B0000", tlv("6B", tlv("5F10", hexed(number))))
    )
    yield lambda: textual(
        "phone", number, PASSPORT + answered("00B08B0000", tlv("6B", tlv("5F12", hexed(number))))
    )
    yield lambda: textual(
        "address", name, PASSPORT + answered("00B08B0000", tlv("6B", tlv("5F42", hexed(name))))
    )
    yield lambda: textual(
        "name",
        name,
        PIV + answered("00CB3FFF055C035FC10900", tlv("53", tlv("01", hexed(name)) + "FE00")),
    )
    yield lambda: textual(
        "mail", f"{name}@EXAMPLE", OPENPGP + answered("00CA5F5000", hexed(f"{name}@EXAMPLE"))
    )
    yield lambda: textual(
        "name", name, OPENPGP + answered("00CA006500", tlv("65", tlv("5B", hexed(name))))
    )
    yield lambda: textual(
        "name",
        name,
        SOCIAL
        + answered("00A4000002EF06", "")
        + answered("00B2090020", tlv("09", hexed(name).ljust(60, "0"))),
    )
    yield lambda: digital(
        "birth",
        birth,
        SOCIAL + answered("00A4000002EF06", "") + answered("00B20D0006", tlv("0D", birth)),
    )
    yield lambda: (
        "iccid",
        iccid,
        bytes.fromhex(swapped(iccid)),
        answered("00A40004022FE2", "") + answered("00B000000A", swapped(iccid)),
    )
    yield lambda: (
        "iccid",
        iccid,
        bytes.fromhex(swapped(iccid)),
        ESIM
        + answered(
            "80E2910003BF2D00", tlv("BF2D", tlv("A0", tlv("E3", tlv("5A", swapped(iccid)))))
        ),
    )
    yield lambda: (
        "imsi",
        imsi,
        bytes.fromhex(swapped("9" + imsi)),
        USIM + answered("00B0870009", imsi_file),
    )
    yield lambda: (
        "phone",
        number,
        bytes.fromhex(swapped(number)),
        USIM
        + answered("00A40004026F40", "")
        + answered(
            "00B201041C", f"{'FF' * 14}0791{swapped(number)}{'F' * (20 - len(swapped(number)))}FFFF"
        ),
    )
    yield lambda: (
        "card",
        number * 2,
        bytes.fromhex(number * 2),
        ESIM + answered("80E2910006BF3E035C015A", tlv("BF3E", tlv("5A", (number * 3)[:32]))),
    )
    yield lambda: (
        "key",
        key.hex().upper(),
        key,
        USIM + answered("00B0880021", f"07{key.hex()}{key[::-1].hex()}"),
    )
    yield lambda: (
        "biometric",
        key.hex().upper(),
        key,
        PASSPORT + answered("00B0820000", tlv("75", key.hex())),
    )
    yield lambda: (
        "location",
        key[:11].hex().upper(),
        key[:11],
        USIM + answered("00B08B000B", key[:11].hex()),
    )
    yield lambda: textual("pin", number[-6:], [f"> 0020000106{hexed(number[-6:])}", "< 9000"])
    yield lambda: textual("document", name, CARE + answered("00B0820000", VD + hexed(name)))
    yield from plants_of_tokens(name, number)
    yield from plants_of_telecom(name, number)


def plants_of_tokens(name: str, number: str) -> Iterator[Callable[[], Plant]]:
    """What keys for accounts, passports and purses hold: users, accounts, numbers."""
    user = f"A1646E616D65{0x60 + len(name):02X}{hexed(name)}"  # CBOR: {"name": ...}
    yield lambda: textual("name", name, FIDO + answered("80100000040AA1010400", f"00A106{user}"))
    yield lambda: textual("name", name, OATH + answered("00A10000", tlv("72", "21" + hexed(name))))
    line = f"P<UTO{name}<<ANNA".ljust(44, "<") + f"{number[:9]}0UTO7408122F1204159".ljust(44, "<")
    zone = tlv("61", tlv("5F1F", hexed(line)))
    yield lambda: textual("document", number[:9], PASSPORT + answered("00B0810000", zone))
    holder = f"0000{hexed(name).ljust(40, '0')}{hexed(number).ljust(64, '0')}00"
    yield lambda: textual("name", name, PURSE + answered("00B0960037", holder))


def plants_of_telecom(name: str, number: str) -> Iterator[Callable[[], Plant]]:
    """What a SIM keeps and says: names in its phone book, codes of activation, what a person entered."""
    entry = hexed(name).ljust(36, "F") + f"0791{swapped(number)}".ljust(28, "F")
    book = answered("00A40004047F106F3A", "")
    yield lambda: textual("name", name, USIM + book + answered("00B2010420", entry))
    code = tlv("BF38", tlv("A0", tlv("80", hexed(name))))
    sent = [f"> 80E29100{len(code) // 2:02X}{code}", "< 9000"]
    yield lambda: textual("token", name, ESIM + sent)
    input_of_user = f"810301230482028281830100{tlv('8D', '04' + hexed(name))}"
    asked = answered("8012000000", "D0148103012304820281828D0304454E91020114"[:44])
    entered = [f"> 80140000{len(input_of_user) // 2:02X}{input_of_user}", "< 9000"]
    yield lambda: textual("text", name, USIM + asked + entered)


def again(dice: random.Random, plant: Plant) -> Lines:
    """The same value where no row is: as it is, at the other nibble, in another encoding, in two reads or records."""
    kind, text, value, _ = plant
    raw = value.hex().upper()
    forms = [raw, hexed(text)]
    if kind not in ("pin", "name") or len(text) > 7:
        forms += [text.encode("utf-16-be").hex().upper(), text.encode("utf-16-le").hex().upper()]
    if text.isdigit() and kind != "pin":
        forms += [text + "F" * (len(text) % 2), f"F{text}" + "F" * (len(text) % 2 == 0)]
    form = dice.choice(forms)
    way = dice.randrange(4)
    if way == 0:
        return answered("80CA0F7F00", f"A5{form}5A")
    if way == 1:  # two reads of one file that nobody knows
        at = len(form) // 4 * 2
        return answered("00B0000000", form[:at]) + answered(f"00B000{at // 2:02X}00", form[at:])
    if way == 2:  # two records
        at = len(form) // 4 * 2
        return answered("00B2018400", form[:at]) + answered("00B2028400", form[at:])
    return [f"> 00DA0F7F{len(form) // 2:02X}{form}", "< 9000"]


def wanted(plant: Plant) -> list[str]:
    """What must not be found, without blanks."""
    kind, text, value, _ = plant
    if kind == "pan":
        text, value = text[6:12], bytes.fromhex(text[6:12])
    forms = {value.hex().upper(), hexed(text), text.encode("utf-16-be").hex().upper()}
    if kind != "pin":
        forms.add(text)
    if text.isdigit():
        forms.add(swapped(text).rstrip("F"))
    return [form for form in forms if len(form) > 5]


def for_me(capture: Capture) -> Iterator[tuple[str, str]]:
    yield "print", display.text(capture, False)
    yield "html", display_html.html(capture, False)
    yield "json", json.dumps(to_json(capture, False, nodes=True, frames=True))
    csv = io.StringIO()
    tables.elements(capture, reveal=False).to_csv(csv)
    tables.exchanges(capture, reveal=False).to_csv(csv)
    yield "csv", csv.getvalue()
    for exchange in capture.exchanges:
        yield "exchange", f"{display.text(exchange, False)}{exchange!r}{cardlib.decode(exchange)}"
    yield (
        "find",
        f"{Hits(cardlib.find(capture, '9000'), False)}{Hits(cardlib.find(capture, 'data'), False)}",
    )
    findings = cardlib.check(capture)
    yield "check", f"{findings}{[finding_json(finding) for finding in findings]}"
    yield "acts", f"{[(str(act), repr(act)) for act in cardlib.acts(capture)]}"
    yield "explorer", explored(capture, False)
    yield (
        "compare",
        str(cardlib.compare(capture, cardlib.read_text("> 00B0000000\n< 9000\n"), reveal=False)),
    )


def for_others(capture: Capture) -> Iterator[tuple[str, str]]:
    yield "report", cardlib.report(capture, reveal=False).page
    with handing_on():
        yield "nodes", "".join(display.text(exchange, False) for exchange in capture.exchanges)
    yield "redact", redacted(capture, b"key")[1]
    yield "explorer", explored(capture, True)


def explored(capture: Capture, is_for_others: bool) -> str:
    """Everything that the page of an explorer is given."""
    store = Store(capture, (), False, is_for_others)
    chunks = [store.chunk(name) or b"" for name in store.names()]
    return "".join(json.dumps(unpacked(chunk)) for chunk in chunks)


def leaks(outputs: Iterator[tuple[str, str]], forms: list[str]) -> list[tuple[str, str]]:
    found = []
    for sink, output in outputs:
        flat = "".join(output.upper().split()).replace("</SPAN>", "").replace("<SPAN>", "")
        found += [(sink, form) for form in forms if form in flat]
    return found


def planted(number: int) -> tuple[Capture, Plant, list[str]]:
    """A capture with a secret that a row marks, the same again, and another that nobody marks."""
    dice = random.Random(number)
    makers = list(plants(dice))
    plant = makers[number % len(makers)]()
    stranger = words(dice, OTHER)
    lines = [*plant[3], *again(dice, plant), *answered("80CA0F0100", hexed(stranger))]
    if number % 3 == 0:  # known only later than where it stands
        lines = [*again(dice, plant), *lines]
    return cardlib.read_text("\n".join(lines) + "\n"), plant, [stranger, hexed(stranger)]


def nothing_leaks(number: int) -> None:
    capture, plant, unmarked = planted(number)
    forms = wanted(plant)
    assert leaks(for_me(capture), forms) == [], (number, plant)
    assert leaks(for_others(capture), [*forms, *unmarked]) == [], (number, plant)
    assert leaks(iter([("print", display_html.html(capture, True))]), unmarked), number
    verdicts = {finding.rule: finding.verdict for finding in cardlib.check(capture)}
    assert verdicts["X5"] != "pass"


@pytest.mark.parametrize("number", range(COUNT))
def test_a_secret_comes_out_nowhere(number: int) -> None:
    nothing_leaks(number)


@pytest.mark.long
@pytest.mark.parametrize("number", range(COUNT, LONG_COUNT))
def test_a_secret_comes_out_nowhere_either(number: int) -> None:
    nothing_leaks(number)


EID = selected("E80704007F00070302")
GROUP = tlv("65", tlv("0C", hexed("QUISPEMAMANI")))  # family names of the German identity card
BY_FILE = answered("00A4020C020105", "")


@pytest.mark.parametrize(
    "read",
    [
        answered("00B0850000", tlv("65", tlv("1C", hexed("QUISPEMAMANI")))),
        answered("00B0850000", GROUP[:-4]),
        answered("00B0850000", hexed("QUISPEMAMANI")),
        answered("00B0850000", GROUP),
        BY_FILE + answered("00B0000005", GROUP[:10]) + answered("00B0000500", GROUP[10:]),
        [f"> 00D68500{len(GROUP) // 2:02X}{GROUP}", "< 9000"],
    ],
)
def test_a_group_is_hidden_however_it_is_read(read: Lines) -> None:
    capture = cardlib.read_text("\n".join(EID + read) + "\n")
    forms = ["QUISPE", hexed("QUISPE"), hexed("MAMANI")]
    assert leaks(for_me(capture), forms) == leaks(for_others(capture), forms) == []


def test_of_a_group_only_what_is_personal_is_hidden() -> None:
    lines = EID + answered("00B0810000", "61041302" + hexed("ID")) + answered("00B0850000", GROUP)
    _, kind, names = cardlib.read_text("\n".join(lines) + "\n").exchanges
    assert "13 text  4944  = ID" in display.text(kind, False)
    text = display.text(names, False)
    assert "65 family names" in text and f"0C text  {'*' * 24}  = {'*' * 12}" in text


ENGLISH = "the card reader sent an answer that nobody had asked for and then it waited two seconds"
GERMAN = "die Karte hat 4711 mal geantwortet und danach wurde der Leser am 24.12.2031 ausgeschaltet"
CHINESE = "读卡器发送了一个命令然后卡片返回了状态码用户等待了两秒钟之后系统继续工作"
OBJECT_IDS = ("0.4.0.127.0.7.2.2.4.2.2", "1.2.840.10045.3.1.7", "2.16.840.1.101.3.4.2.1")


def phrases() -> Iterator[bytes]:
    """Things that are no secrets: texts, object identifiers, AIDs, hashes, fillers, toolkit objects."""
    dice = random.Random(14)
    for text, code in ((ENGLISH, "ascii"), (GERMAN, "latin-1"), (CHINESE, "gb18030")):
        parts = text.split() if " " in text else list(text)
        for _ in range(200):
            chosen = [dice.choice(parts) for _ in range(dice.randrange(3, 12))]
            yield (" " if " " in text else "").join(chosen).encode(code)
    for _ in range(100):
        yield bytes.fromhex("06") + dice.choice(OBJECT_IDS).encode()
        yield bytes.fromhex("A0000000") + dice.randbytes(dice.randrange(3, 9))
        yield dice.randbytes(32)
        yield bytes(dice.randrange(4, 60)) + bytes([dice.choice((0, 0xFF, 0x55))]) * 8


def test_nothing_is_hidden_by_chance() -> None:
    values = list(phrases())
    assert len(values) == 1000
    lines = [line for value in values for line in answered("80CA0F0100", value.hex())]
    lines += ["> 801400000C810301250002028281830100", "< 9000"]
    capture = cardlib.read_text("\n".join(lines) + "\n")
    stars = [exchange.index for exchange in capture.exchanges if is_starred(exchange)]
    assert stars == []


def is_starred(exchange: Exchange) -> bool:
    return any("*" in view.hex for view in shown(exchange))
