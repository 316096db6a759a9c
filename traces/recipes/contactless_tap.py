# SPDX-License-Identifier: MIT
"""A tap of 9.90 with a Mastercard-like card: no cardholder verification, asked online, with CDA."""

from __future__ import annotations

from ciphers import MASTERCARD_TEST_KEY, card_key, certificate, key, mac, session_key, sha1, signed_dynamic
from tape import Tape, filled, tlv

SEED = 3
PAN = "5413330089600044"
AID = "A0000000041010"
AIP, ATC, CVR = "1980", "0035", "A04003220000"
AFL = "10010101" + "20010300"
CDOL1 = "9F02069F03069F1A0295055F2A029A039C019F37049F35019F45029F3403"
CDOL2 = "910A8A0295059F37049F4C08"
ATR = "3B8A80010031C173C8400000900090"
SIGNED = ("9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37")
TERMINAL = {
    **{"9F02": "000000000990", "9F03": "000000000000", "9F1A": "0276", "95": "0000008000", "5F2A": "0978"},
    **{"9A": "260314", "9C": "00", "9F37": "E35B07A2", "9F35": "22", "9F45": "0000", "9F34": "1F0302"},
}
CA = key("mastercard-like test CA", 1984)
ISSUER = key("mastercard-like test issuer", 1408)
CARD = key("mastercard-like test card", 1024)


def make() -> Tape:
    """The session."""
    tape = Tape("contactless_tap", SEED, "contactless", ATR)
    entry = tlv("61", tlv("4F", AID) + tlv("50", b"TEST CARD") + tlv("87", "01"))
    directory = b"2PAY.SYS.DDF01"
    tape.ask("00A40400", directory, tlv("6F", tlv("84", directory) + tlv("A5", tlv("BF0C", entry))))
    told = tlv("50", b"TEST CARD") + tlv("87", "01") + tlv("5F2D", b"ende")
    tape.ask("00A40400", bytes.fromhex(AID), tlv("6F", tlv("84", AID) + tlv("A5", told)))
    tape.ask("80A80000", tlv("83", b""), tlv("77", tlv("82", AIP) + tlv("94", AFL)))
    records(tape)
    generate(tape)
    return tape


def records(tape: Tape) -> None:
    """One signed record of data, three with keys."""
    static = static_data()
    signed = static + bytes.fromhex(AIP)
    issuer = certificate(CA, f"02{PAN[:8]}1228000001", ISSUER, 36)
    card = certificate(ISSUER, f"04{PAN:F<20}1228000002", CARD, 42, signed)
    keys = tlv("8F", "F9") + tlv("9F32", "03") + tlv("9F47", "03")
    tape.ask("00B20114", answer=tlv("70", static))
    for number, content in enumerate((keys, tlv("90", issuer), tlv("9F46", card)), 1):
        tape.ask(f"00B2{number:02X}24", answer=tlv("70", content))


def static_data() -> bytes:
    dates = tlv("5F25", "250101") + tlv("5F24", "281231") + tlv("9F07", "FF00") + tlv("9F08", "0002")
    who = tlv("57", f"{PAN}D281220112345678") + tlv("5A", PAN) + tlv("5F34", "01") + tlv("5F28", "0276")
    rules = tlv("8C", CDOL1) + tlv("8D", CDOL2) + tlv("8E", "00" * 8 + "1F03") + tlv("9F4A", "82")
    codes = tlv("9F0D", "B450848000") + tlv("9F0E", "0000000000") + tlv("9F0F", "B470848000")
    return dates + who + rules + codes


def generate(tape: Tape) -> None:
    """GENERATE AC with CDA: the cryptogram stands inside the signature, as does a hash of all that was said."""
    asked, number = filled(CDOL1, TERMINAL), tape.rng.randbytes(8)
    un = bytes.fromhex(TERMINAL["9F37"])
    master = card_key(MASTERCARD_TEST_KEY, PAN, "01")
    data = bytes.fromhex("".join(TERMINAL[tag] for tag in SIGNED) + AIP + ATC + CVR)
    cryptogram = mac(session_key(master, bytes.fromhex(ATC), un), data, b"\x80")
    head = tlv("9F27", "80") + tlv("9F36", ATC)
    iad = tlv("9F10", f"0110{CVR}{number[:2].hex()}00000000000000FF")
    said = sha1(asked + head + iad)
    dynamic = b"\x08" + number + b"\x80" + cryptogram + said
    tape.ask("80AE9000", asked, tlv("77", head + tlv("9F4B", signed_dynamic(CARD, dynamic, un)) + iad))
