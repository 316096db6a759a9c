# SPDX-License-Identifier: MIT
"""Our functions beside those of other makers (pyemv, psec, gmssl; used in tests only), each on 1,000 random inputs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from random import Random

import pytest

with warnings.catch_warnings():  # both import TripleDES from where it stood before
    warnings.simplefilter("ignore")
    import gmssl.sm2
    import gmssl.sm3
    import gmssl.sm4
    import psec
    import pyemv
    from pyemv.ac import PaddingType
    from pyemv.sm import EncryptionType

from cardlib.crypto import blocks, cryptogram, keys, methods, pin, sm

TIMES = 1000


class Draw(Random):
    """Random values of the kinds that the functions take."""

    def key(self, size: int = 16) -> bytes:
        return self.randbytes(size)

    def data(self, most: int = 64) -> bytes:
        return self.randbytes(self.randint(0, most))

    def blocks(self, size: int = 8) -> bytes:
        return self.randbytes(size * self.randint(1, 6))

    def digits(self, least: int, most: int) -> str:
        return "".join(self.choices("0123456789", k=self.randint(least, most)))


Pair = tuple[object, object]
Case = Callable[[Draw], Pair]


def key_a(r: Draw) -> Pair:
    key, pan, psn = r.key(), r.digits(12, 19), r.digits(2, 2)
    return keys.card_key(key, pan, psn), pyemv.kd.derive_icc_mk_a(key, pan, psn)


def key_b(r: Draw) -> Pair:
    key, pan, psn = r.key(), r.digits(12, 19), r.digits(2, 2)
    return keys.card_key(key, pan, psn, "B"), pyemv.kd.derive_icc_mk_b(key, pan, psn)


def common(r: Draw) -> Pair:
    key, diversifier = r.key(), r.key(8)
    return keys.session_key(key, diversifier), pyemv.kd.derive_common_sk(key, diversifier)


def visa_session(r: Draw) -> Pair:
    key, atc = r.key(), r.key(2)
    return keys.session_key_visa(key, atc), pyemv.kd.derive_visa_sm_sk(key, atc)


def ac_padded(r: Draw) -> Pair:
    key, data = r.key(), r.data()
    return cryptogram.application_cryptogram(key, data), pyemv.ac.generate_ac(
        key, data, PaddingType.EMV
    )


def ac_zeros(r: Draw) -> Pair:
    key, data = r.key(), r.data()
    ours = cryptogram.application_cryptogram(key, data, blocks.zeros)
    return ours, pyemv.ac.generate_ac(key, data, PaddingType.VISA)


def arpc_1(r: Draw) -> Pair:
    key, ac, arc = r.key(), r.key(8), r.key(2)
    return cryptogram.arpc1(key, ac, arc), pyemv.ac.generate_arpc_1(key, ac, arc)


def arpc_2(r: Draw) -> Pair:
    key, ac, csu, more = r.key(), r.key(8), r.key(4), r.data(8)
    return cryptogram.arpc2(key, ac, csu, more), pyemv.ac.generate_arpc_2(key, ac, csu, more)


def script_mac(r: Draw) -> Pair:
    key, data, length = r.key(), r.data(), r.randint(4, 8)
    return cryptogram.script_mac(key, data, length), pyemv.sm.generate_command_mac(
        key, data, length
    )


def encipher_visa(r: Draw) -> Pair:
    key, data = r.key(), r.data()
    return cryptogram.encipher_visa(key, data), pyemv.sm.encrypt_command_data(
        key, data, EncryptionType.VISA
    )


def encipher_mchip(r: Draw) -> Pair:
    key, data = r.key(), r.randbytes(r.randint(1, 40))
    return cryptogram.encipher_mchip(key, data), pyemv.sm.encrypt_command_data(
        key, data, EncryptionType.MASTERCARD
    )


def encipher_emv(r: Draw) -> Pair:
    key, data = r.key(), r.data()
    return cryptogram.encipher(key, data), pyemv.sm.encrypt_command_data(
        key, data, EncryptionType.EMV
    )


def cvc3(r: Draw) -> Pair:
    key, track, atc, un = r.key(), r.data(), r.key(2), r.key(4)
    return str(cryptogram.cvc3(key, track, atc, un)), pyemv.cvv.generate_cvc3(key, track, atc, un)


def vis_block(r: Draw) -> Pair:
    key, new, old = r.key(), r.digits(4, 12), r.choice(["", r.digits(4, 12)])
    return pin.vis_block(key, new, old), pyemv.sm.format_vis_pin_block(key, new, old or None)


def version(r: Draw) -> Pair:
    """Every version that pyemv has as a class."""
    classes = {
        "Visa CVN 10": (pyemv.cvn.VisaCVN10, "cvr", slice(3, 7)),
        "Visa CVN 18": (pyemv.cvn.VisaCVN18, "tag_9f10", slice(None)),
        "Visa CVN 22": (pyemv.cvn.VisaCVN22, "tag_9f10", slice(None)),
        "Interac CVN 133": (pyemv.cvn.InteracCVN133, "tag_9f10", slice(None)),
        "M/Chip CVN 10": (pyemv.cvn.MasterCardCVN16, "cvr", slice(2, 8)),
        "M/Chip CVN 11": (pyemv.cvn.MasterCardCVN17, "cvr", slice(2, 8)),
        "M/Chip CVN 14": (pyemv.cvn.MasterCardCVN20, "cvr", slice(2, 8)),
        "M/Chip CVN 15": (pyemv.cvn.MasterCardCVN21, "cvr", slice(2, 8)),
    }
    how = r.choice([how for how in methods.METHODS.values() if how.checked == "vector"])
    made, name, part = classes[how.name]
    master, pan, iad = r.key(), r.digits(16, 19), r.key(18)
    values = {
        tag: r.key(size)
        for tag, size in zip(methods.FIELDS, (6, 6, 2, 5, 2, 3, 1, 4, 2, 2), strict=True)
    }
    given = {f"tag_{tag.lower()}": value for tag, value in values.items()} | {name: iad[part]}
    if len(how.issuer) == 2:
        given["counters"] = iad[10:18]
    card = keys.card_key(master, pan, option=how.option)
    return methods.compute(how, card, values, iad), made(master, master, master, pan).generate_ac(
        **given
    )


def des(r: Draw) -> Pair:
    key, data = r.key(r.choice([8, 16, 24])), r.blocks()
    return blocks.encrypt(key, data), psec.des.encrypt_tdes_ecb(key, data)


def des_back(r: Draw) -> Pair:
    key, data, iv = r.key(), r.blocks(), r.key(8)
    return blocks.decrypt(key, data, iv), psec.des.decrypt_tdes_cbc(key, iv, data)


def aes(r: Draw) -> Pair:
    key, data = r.key(r.choice([16, 24, 32])), r.blocks(16)
    return blocks.aes_encrypt(key, data), psec.aes.encrypt_aes_ecb(key, data)


def mac1(r: Draw) -> Pair:
    key, data = r.key(), r.data()
    return blocks.mac1(key, blocks.pad(data)), psec.mac.generate_cbc_mac(key, data, 2)


def mac3(r: Draw) -> Pair:
    key, data = r.key(), r.data()
    return blocks.mac3(key, blocks.zeros(data)), psec.mac.generate_retail_mac(
        key[:8], key[8:], data, 1
    )


def kcv(r: Draw) -> Pair:
    key = r.key(r.choice([8, 16, 24]))
    return blocks.kcv(key), psec.des.generate_kcv(key, 3)


def parity(r: Draw) -> Pair:
    key = r.key()
    return blocks.odd_parity(key), psec.des.adjust_key_parity(key)


def block0(r: Draw) -> Pair:
    number, pan = r.digits(4, 12), r.digits(13, 19)
    return pin.block0(number, pan), psec.pinblock.encode_pinblock_iso_0(number, pan)


def block2(r: Draw) -> Pair:
    number = r.digits(4, 12)
    return pin.block2(number), psec.pinblock.encode_pinblock_iso_2(number)


def block3(r: Draw) -> Pair:
    number, pan = r.digits(4, 12), r.digits(13, 19)
    block = pin.block3(number, pan, "".join(r.choices("ABCDEF", k=10)))
    return pin.read_block(
        psec.pinblock.encode_pinblock_iso_3(number, pan), pan
    ), psec.pinblock.decode_pinblock_iso_3(block, pan)


def block4(r: Draw) -> Pair:
    key, number, pan = r.key(), r.digits(4, 12), r.digits(13, 19)
    theirs = psec.pinblock.encipher_pinblock_iso_4(key, number, pan)
    ours = pin.block4(key, number, pan, r.key(8))
    return pin.read_block4(key, theirs, pan), psec.pinblock.decipher_pinblock_iso_4(key, ours, pan)


def sm3(r: Draw) -> Pair:
    data = r.data(100)
    return sm.sm3(data).hex(), gmssl.sm3.sm3_hash(list(data))


def sm4(r: Draw) -> Pair:
    key, block = r.key(), r.key()
    theirs = gmssl.sm4.CryptSM4()
    theirs.set_key(key, gmssl.sm4.SM4_ENCRYPT)
    return sm.sm4_encrypt(key, block), bytes(theirs.one_round(theirs.sk, list(block)))


CASES: dict[str, tuple[Case, ...]] = {
    "pyemv": (
        *(key_a, key_b, common, visa_session, ac_padded, ac_zeros, arpc_1, arpc_2, script_mac),
        *(encipher_visa, encipher_mchip, encipher_emv, cvc3, vis_block, version),
    ),
    "psec": (des, des_back, aes, mac1, mac3, kcv, parity, block0, block2, block3, block4),
    "gmssl": (sm3, sm4),
}


def cases() -> Iterator[tuple[str, Case]]:
    for maker, functions in CASES.items():
        yield from ((maker, function) for function in functions)


@pytest.mark.filterwarnings("ignore:.*TripleDES")
@pytest.mark.parametrize(
    ("maker", "case"), [*cases()], ids=[f"{maker} {case.__name__}" for maker, case in cases()]
)
def test_the_same_as_others(maker: str, case: Case) -> None:
    draw = Draw(case.__name__)
    for _ in range(TIMES):
        ours, theirs = case(draw)
        assert ours == theirs


def test_sm2_signatures_of_another_maker() -> None:
    """Signing in pure Python takes long: a few are enough to see that both mean the same signature."""
    draw = Draw("sm2")
    for _ in range(3):
        private = draw.randrange(1, sm.CURVE.n)
        point = sm.CURVE.times(private, sm.CURVE.base)
        assert point
        public = b"".join(number.to_bytes(32, "big") for number in point)
        theirs = gmssl.sm2.CryptSM2(private_key=f"{private:064x}", public_key=public.hex())
        message = draw.data()
        signature = bytes.fromhex(
            theirs.sign_with_sm3(message, f"{draw.randrange(1, sm.CURVE.n):064x}")
        )
        assert sm.sm2_verify(public, message, signature)
        assert not sm.sm2_verify(public, message + b"\0", signature)
