# SPDX-License-Identifier: MIT
"""Masking and redaction follow the marks of rows, in applications that are not payments too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_secrets import capture, command, sinks, text, tlv

import cardlib
from cardlib import Capture
from cardlib.core.layout import compile_layout
from cardlib.core.model import Fact, Node
from cardlib.road.meaning import halves
from cardlib.share.manifest import Manifest
from cardlib.share.masking import shown_node
from cardlib.share.redaction import redacted

KEY = b"one key"

# A transport card: the number stands in the FCI and in file 15, the terminals in the log.
CARD, TERMINAL, OTHER_TERMINAL = "09876543210987654321", "A1B2C3D4E5F6", "0F1E2D3C4B5A"
ISSUER = "0105100011223344"
ABOUT = f"{ISSUER}0201{CARD}20200229204012310000"
TRANSPORT = (
    command("00A40400", "A000000632010106") + "00",
    tlv("6F", tlv("84", "A000000632010106") + tlv("A5", tlv("9F08", "02") + tlv("9F0C", ABOUT)))
    + "9000",
    "00B095001E",
    f"{ABOUT}9000",
    "00B097000B",
    "00000156310031000001029000",
    "805C030204",
    "00000D8F9000",
    "00B201C400",
    f"002A0000000000012C06{TERMINAL}20240229235958 9000".replace(" ", ""),
    "00B202C400",
    f"00290000000000138802{OTHER_TERMINAL}20240228070000 9000".replace(" ", ""),
    command("80500102", f"01000001F4{TERMINAL}") + "0F",
    "9401",
)

# An identity card: its numbers, its holder, a certificate, two PINs, a signature.
FASC_N = "D13810D828AB6C10C339E5A16858211A6A0D8A739A10210843"
UUID, HOLDER, NUMBER = "F0E1D2C3B4A5968778695A4B3C2D1E0F", "MAMANI, EUGENIUSZ", "K7713905"
PINS = ("383134393337FFFF", "393237343136FFFF")
CHUID = (
    tlv("30", FASC_N)
    + tlv("34", UUID)
    + tlv("35", text("20310430"))
    + tlv("3E", "")
    + tlv("FE", "")
)
SERIAL, CURVE = "02084D3F11A955C07E21", "06082A8648CE3D030107"
CERTIFICATE = tlv("30", tlv("30", SERIAL + tlv("30", CURVE)) + tlv("03", "00C1D2E3F4A5B6"))
PRINTED = (
    tlv("01", text(HOLDER)) + tlv("02", text("CONTRACTOR")) + tlv("04", text("2031APR30")) + tlv("05", text(NUMBER))
    + tlv("07", text("BUREAU OF STANDARDS")) + tlv("FE", "")
)  # fmt: skip
SIGNATURE = "3006020211AA020222BB"
IDENTITY = (
    command("00A40400", "A000000308000010000100") + "00",
    tlv("61", tlv("4F", "000010000100") + tlv("79", tlv("4F", "A000000308"))) + "9000",
    "00CB3FFF055C035FC10200",
    tlv("53", CHUID) + "9000",
    "00CB3FFF055C035FC10500",
    tlv("53", tlv("70", CERTIFICATE) + tlv("71", "00") + tlv("FE", "")) + "9000",
    command("00200080", PINS[0]),
    "63C1",
    command("00200080", PINS[1]),
    "9000",
    "00CB3FFF055C035FC10900",
    tlv("53", PRINTED) + "9000",
    command("0087119A", tlv("7C", "8200" + tlv("81", "5A" * 32))) + "00",
    tlv("7C", tlv("82", SIGNATURE)) + "9000",
)
OF_THE_HOLDER = {
    "FASC-N": FASC_N, "UUID": UUID, "name": text(HOLDER), "surname": text("MAMANI"), "number": text(NUMBER),
    "PIN": PINS[0][:12], "other PIN": PINS[1][:12],
}  # fmt: skip


def output_of(lines: tuple[str, ...]) -> tuple[Manifest, str, Capture]:
    manifest, output = redacted(capture(*lines), KEY)
    return manifest, output, cardlib.read_text(output)


def values(one: Capture, place: int) -> dict[str, str]:
    """The text of every node of an exchange, by name."""
    return {node.name: node.text for _, node in cardlib.decode(one.exchanges[place]).walk()}


def data_of(output: str) -> str:
    return "|".join(json.loads(row)["data"] for row in output.splitlines() if '"data"' in row)


def test_a_transport_card_keeps_amounts_and_dates() -> None:
    _, _, again = output_of(TRANSPORT)
    assert values(again, 3)["balance"] == "34.71 CNY"
    first, second = values(again, 4), values(again, 5)
    assert (first["counter"], first["amount"], first["type"]) == ("42", "3.00 CNY", "purchase")
    assert (first["date"], first["time"]) == ("2024-02-29", "23:59:58")
    assert (second["counter"], second["amount"], second["type"]) == ("41", "50.00 CNY", "load")
    assert (values(again, 1)["valid from"], values(again, 1)["valid to"]) == (
        "2020-02-29",
        "2040-12-31",
    )
    assert (values(again, 2)["country"], values(again, 2)["kind of card"]) == ("0156", "student")
    refused = again.exchanges[6]
    assert (
        values(again, 6)["amount"] == "5.00 CNY"
        and refused.response
        and refused.response.sw == 0x9401
    )


def test_the_answer_to_a_command_whose_lengths_disagree_keeps_no_field() -> None:
    """Such a command may have chosen the wrong layout."""
    lines = tuple(f"{line}00" if line == "00B201C400" else line for line in TRANSPORT)
    _, output, again = output_of(lines)
    assert "0000012C" not in data_of(output)
    assert "3.00 CNY" not in values(again, 4).values()
    assert values(again, 5)["amount"] == "50.00 CNY"  # its command is sound


def test_a_transport_card_loses_its_number_and_the_terminals() -> None:
    manifest, output, again = output_of(TRANSPORT)
    data = data_of(output)
    for secret in (CARD, CARD[1:], CARD[5:-2], TERMINAL, OTHER_TERMINAL, ISSUER):
        assert secret not in data
    in_fci, in_file = values(again, 0)["card number"], values(again, 1)["card number"]
    assert in_fci == in_file != CARD and in_file.startswith("9999")
    assert len(in_file) == len(CARD) - 1  # without the half byte 0 in front
    assert manifest.replaced == (("card number", 2),)
    assert redacted(capture(*TRANSPORT), b"another key")[1] != output
    twice = redacted(again, b"another key")[1]
    assert twice.partition("\n")[2] == output.partition("\n")[2]  # but for the manifest


def shape(one: Capture) -> list[list[tuple[str, int, int]]]:
    return [
        [
            (path, node.start, node.stop)
            for _, half in halves(exchange)
            for path, node in half.walk()
            if node.tag
        ]
        for exchange in one.exchanges
    ]


def test_an_identity_card_keeps_its_structure() -> None:
    _, _, again = output_of(IDENTITY)
    assert shape(again) == shape(capture(*IDENTITY))
    assert values(again, 1)["expiration date"] == "2031-04-30"
    printed = values(again, 5)
    assert printed["employee affiliation"] == "CONTRACTOR"
    assert printed["organisation or agency"] == "BUREAU OF STANDARDS"
    assert printed["expiration date"] == "2031APR30"
    certificate = cardlib.decode(again.exchanges[2])
    identifier = certificate.find("06")
    assert identifier and identifier.text == "P-256 (1.2.840.10045.3.1.7)"
    number = certificate.find("02")
    assert number and not any(number.value)
    words = [exchange.response and exchange.response.sw for exchange in again.exchanges]
    assert words == [0x9000, 0x9000, 0x9000, 0x63C1, 0x9000, 0x9000, 0x9000]


def test_an_identity_card_loses_who_its_holder_is() -> None:
    manifest, output, again = output_of(IDENTITY)
    data = data_of(output)
    assert [what for what, secret in OF_THE_HOLDER.items() if secret in data] == []
    assert SIGNATURE not in data and SERIAL not in data
    assert values(again, 5)["name"] == "CARDHOLDER/REDACT" and manifest.replaced == (("name", 1),)
    twice = redacted(again, b"another key")[1]
    assert twice.partition("\n")[2] == output.partition("\n")[2]  # but for the manifest


@pytest.mark.parametrize("lines", [TRANSPORT, IDENTITY])
def test_no_sink_shows_what_rows_mark(lines: tuple[str, ...]) -> None:
    # The terminals of a log say where, not who: they are shown, and not handed on.
    hidden = {
        "card": CARD[1:],
        **OF_THE_HOLDER,
        "name as text": HOLDER,
        "number as text": NUMBER,
    }
    seen = []
    for sink, output in sinks(capture(*lines), False):
        flat = "".join(output.upper().split()).replace("</SPAN>", "").replace("<SPAN>", "")
        seen += [(sink, what) for what, secret in hidden.items() if "".join(secret.split()) in flat]
    assert seen == []
    revealed = "".join(output for _, output in sinks(capture(*lines), True))
    assert (CARD in revealed) is (lines is TRANSPORT) and (UUID in revealed) is (lines is IDENTITY)


# Answers to AUTHENTICATE of a USIM (3GPP TS 31.102, 7.1.2.1)
USIM = (command("00A4040C", "A0000000871002FFFFFFFF8907090000"), "9000")
ASK = f"0088008122 10{'3C' * 16} 10{'A7' * 16} 00".replace(" ", "")
RES, CK, IK = "A1A2A3A4A5A6A7A8", "B0" * 15 + "B1", "C0" * 15 + "C1"
AUTS = "E1E2E3E4E5E6E7E8E9EAEBECEDEE"


def authenticated(answer: str, *before: str) -> str:
    """How the last exchange is printed."""
    one = capture(*before, ASK, answer)
    return "\n".join(output for sink, output in sinks(one, False) if sink == "print(exchange)")


def test_the_outcome_of_an_authentication_is_shown_and_its_keys_are_not() -> None:
    printed = authenticated(f"DB08{RES}10{CK}10{IK}9000", *USIM)
    assert "outcome" in printed and "success" in printed and "length of CK" in printed
    for secret in (RES, CK, IK):
        assert secret not in printed


def test_a_failure_of_synchronisation_is_shown_whole() -> None:
    printed = authenticated(f"DC0E{AUTS}9000", *USIM)
    assert "synchronisation failure" in printed and AUTS in printed
    assert "3C" * 16 in printed and "A7" * 16 in printed


def test_an_answer_that_no_row_explains_is_hidden_whole() -> None:
    printed = authenticated(f"DB08{RES}10{CK}10{IK}9000")
    assert (
        "success" not in printed
        and RES not in printed
        and CK not in printed
        and "DB08" not in printed
    )


@pytest.mark.parametrize("cut", range(2, 100, 7))
def test_an_answer_that_is_cut_off_shows_no_key(cut: int) -> None:
    answer = f"DB08{RES}10{CK}10{IK}"[: cut // 2 * 2]
    printed = authenticated(f"{answer}9000", *USIM)
    for secret in (RES, CK, IK):
        assert secret[:8] not in printed


# Layouts: bits, bytes turned round, what is left over


def masked(layout: str, data: str) -> tuple[str, list[tuple[str, str]]]:
    """The hex of a record as it is shown, and name and text of its leaves."""
    buf = bytes.fromhex(data)
    root = Node(Fact("", "record"), buf, 0, 0, len(buf), compile_layout(layout).parse(buf))
    view = shown_node(root)
    leaves = [(node.name, view.text_of(node)) for _, node in root.walk() if not node.children]
    return view.hex, leaves


def test_bits_hide_the_bytes_that_they_touch() -> None:
    shown_hex, leaves = masked("a  4b\nsecret  16b  nibbles  !id\nb  4b\nc  1", "1ABCD2EE")[:2]
    assert shown_hex == "******EE"
    assert leaves == [("a", "*"), ("secret", "****"), ("b", "*"), ("c", "EE")]


def test_bits_that_are_not_marked_hide_nothing() -> None:
    assert masked("a  4b\nopen  16b  nibbles\nb  4b\nc  1  !id", "1ABCD2EE")[0] == "1ABCD2**"


def test_digits_in_bits_are_hidden_elsewhere_too() -> None:
    digits = "761542987301"
    assert (
        masked("a  4b\nnumber  48b  nibbles  !card\nb  4b\nc  ..", f"0{digits}F{digits}")[0]
        == "*" * 26
    )


def test_bytes_that_were_turned_round_are_hidden_where_they_stand() -> None:
    layout = "plain  1\nturned  3  reversed\n  secret  2  !id\n  other  1"
    assert masked(layout, "11AABBCC")[0] == "11******"
    assert masked(layout.replace(" !id", ""), "11AABBCC")[0] == "11AABBCC"


def test_what_is_left_over_in_a_record_with_secrets_is_hidden() -> None:
    assert masked("amount  2\nname  2  !name", "0102A1A2B3B4")[0] == "0102********"
    assert masked("amount  2\nother  2", "0102A1A2B3B4")[0] == "0102A1A2B3B4"


def test_what_may_be_shared_is_shown_inside_a_secret() -> None:
    layout = "holder  -  !name\n  first  2\n  country  1  !share\n  last  2  !pin"
    shown_hex, leaves = masked(layout, "A1A202B1B2")
    assert shown_hex == "****02****"
    assert dict(leaves)["country"] == "02"


@pytest.mark.parametrize(("layout", "data", "expected"), [
    ("g  -  !share\n  a  1\n  b  1  !id\n  c  1", "01A103", "010003"),
    ("a  4b  !share\nb  4b  !id\nc  1  !share", "1A02", "1002"),
    ("a  3b\nb  7b  !share\nc  6b", "FFFE", "1FC0"),
    ("a  1  !share\nb  1", "0102", "0100"),
    ("a  3  date  !share", "24FFEE", "000000"),  # not a date: what it is nobody knows
    ("a  1  !share=named  {01 yes, 02 no}\nb  1  !share=named  {01 yes, 02 no}", "0207", "0200"),
    ("a  8  !share=aid", "A000006789999999", "A000006789000000"),
    ("a  8  !share=aid", "A123456789999999", "0000000000000000"),
    ("a  8  !share", "4761739001010119", "0000000000000000"),  # a card number that no mark expects
    ("a  8  !card", "4761739001010119", None),
])  # fmt: skip
def test_what_layouts_let_be_shared_is_copied(
    layout: str, data: str, expected: str | None, tmp_path: Path
) -> None:
    """The rows are in a file of the user, which holds in every round."""
    file = tmp_path / "mine.toml"
    head = '[application]\nname = "Mine"\naids = ["F0123456"]\nref = "mine"\n'
    file.write_text(
        f'{head}["answer 8033"]\nname = "Record"\nlayout = """\n{layout}\n"""\n', "utf-8"
    )
    lines = (command("00A40400", "F0123456"), "9000", "8033000000", f"{data}9000")
    spelled = "\n".join(f"{'><'[place % 2]} {line}" for place, line in enumerate(lines))
    one = cardlib.read_text(spelled, dictionaries=[str(file)])
    response = cardlib.read_text(redacted(one, KEY)[1]).exchanges[1].response
    assert response
    if expected is None:
        assert response.data.hex().startswith("9999") and len(response.data) == 8
    else:
        assert response.data.hex().upper() == expected


PROTECTED = (
    "00A4040C07A0000002471001",
    "9000",
    "0022C1A40F800A04007F00070202040202830102",  # the OID of PACE; the password is the CAN
    "9000",
    "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800",  # ICAO Doc 9303-11, D.4
    "990290008E08FA855A5D4C50A8ED9000",
    "00A4020402011E00",
    "6213800201238201018302011E8A0105880101A5009000",
    "00A4040C07A0000002471001",
    "9000",
)


def test_of_an_identity_log_stays_how_it_is_protected() -> None:
    """Algorithm, password, MACs, the protected status word and the size of a file; not what is enciphered."""
    again = output_of(PROTECTED)[2]
    data = [
        half.raw.hex().upper() for e in again.exchanges for half in (e.command, e.response) if half
    ]
    closed = PROTECTED[4].replace("6375432908C044F6", "00" * 8).replace("870901", "870900")
    expected = [*PROTECTED[:4], closed, *PROTECTED[5:]]
    assert data == expected
