"""What OpenSSL does of a licence, against pycryptodome, which pywidevine would use."""

from types import SimpleNamespace

import pytest
from Crypto.Cipher import PKCS1_OAEP
from Crypto.Hash import SHA1
from Crypto.Signature import pss
from hypothesis import given
from hypothesis import strategies as st
from pywidevine.cdm import Cdm
from pywidevine.device import Device

from applemusic_server.media.device_key import DeviceKey, use_openssl
from applemusic_server.media.session_keys import derive_by_openssl, derive_keys
from tests.support.licenses import make_device


@pytest.fixture(scope="module")
def device() -> Device:
    return Device.loads(make_device().wvd)


@pytest.fixture
def cdm(device: Device) -> Cdm:
    cdm = Cdm.from_device(device)
    use_openssl(cdm, device.private_key)
    return cdm


def test_it_signs_what_others_verify(cdm: Cdm, device: Device) -> None:
    message = SHA1.new(b"a licence request")
    signature = vars(cdm)["_Cdm__signer"].sign(message)
    assert isinstance(vars(cdm)["_Cdm__signer"], DeviceKey)
    pss.new(device.private_key.public_key()).verify(message, signature)


def test_it_opens_what_others_close(cdm: Cdm, device: Device) -> None:
    opener = vars(cdm)["_Cdm__decrypter"]
    assert isinstance(opener, DeviceKey)
    closed = PKCS1_OAEP.new(device.private_key.public_key()).encrypt(b"sixteen byte key")
    assert opener.decrypt(closed) == b"sixteen byte key"
    with pytest.raises(ValueError, match="failed"):
        opener.decrypt(closed[:-1] + bytes([closed[-1] ^ 1]))


def test_a_cdm_of_another_build_and_an_unknown_key_stay_as_they_are(device: Device) -> None:
    other = SimpleNamespace(signer="theirs")
    use_openssl(other, device.private_key)
    assert vars(other) == {"signer": "theirs"}

    unknown = SimpleNamespace(_Cdm__signer="theirs", _Cdm__decrypter="theirs")
    use_openssl(unknown, SimpleNamespace(export_key=lambda _: b"no key"))
    assert set(vars(unknown).values()) == {"theirs"}


@given(st.binary(max_size=300), st.binary(max_size=300), st.sampled_from((16, 24, 32)), st.data())
def test_it_derives_the_same_keys(enc: bytes, mac: bytes, size: int, data: st.DataObject) -> None:
    key = data.draw(st.binary(min_size=size, max_size=size))
    assert derive_keys(enc, mac, key) == Cdm.derive_keys(enc, mac, key)


def test_a_session_key_of_another_length_is_refused(device: Device) -> None:
    cdm = Cdm.from_device(device)
    derive_by_openssl(cdm)
    for size in (0, 15, 33):
        with pytest.raises(ValueError, match="key"):
            cdm.derive_keys(b"a", b"b", bytes(size))
    assert cdm.derive_keys is derive_keys

    other = SimpleNamespace()
    derive_by_openssl(other)
    assert not vars(other)
