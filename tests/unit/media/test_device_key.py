"""What OpenSSL does of a licence, against pycryptodome, which pywidevine would use."""

from types import ModuleType, SimpleNamespace

import pytest
import pywidevine.cdm
from Crypto.Cipher import PKCS1_OAEP
from Crypto.Hash import HMAC, SHA1, SHA256
from Crypto.Signature import pss
from hypothesis import given
from hypothesis import strategies as st
from pywidevine.cdm import Cdm
from pywidevine.device import Device

from applemusic_server.media.device_key import DeviceKey, use_openssl
from applemusic_server.media.license_mac import Sha256Mac, sign_by_openssl
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


@pytest.fixture
def library() -> ModuleType:
    """A module that computes signatures as pywidevine's does, made to do it by OpenSSL."""
    module = ModuleType("cdm")
    vars(module)["HMAC"] = HMAC
    sign_by_openssl(module)
    return module


@given(st.binary(max_size=200), st.lists(st.binary(max_size=100), max_size=3))
def test_it_computes_the_same_signature(key: bytes, parts: list[bytes]) -> None:
    fast, slow = Sha256Mac(key, b"first"), HMAC.new(key, b"first", SHA256)
    for part in parts:
        assert fast.update(part) is fast
        slow.update(part)
    assert (fast.digest(), fast.digest_size) == (slow.digest(), slow.digest_size)
    assert fast.hexdigest() == slow.hexdigest()
    fast.verify(slow.digest())
    fork = fast.copy().update(b"more")
    assert (fast.digest(), fork.digest()) == (slow.digest(), slow.update(b"more").digest())


def test_only_the_signature_of_licences_is_computed_so(library: ModuleType) -> None:
    new = vars(library)["HMAC"].new
    assert isinstance(new(b"key", digestmod=SHA256), Sha256Mac)
    other = new(b"key", b"message", digestmod=SHA1)
    assert not isinstance(other, Sha256Mac)
    assert other.digest() == HMAC.new(b"key", b"message", SHA1).digest()


def test_pywidevine_is_built_as_we_know_it() -> None:
    sign_by_openssl(pywidevine.cdm)
    sign_by_openssl(pywidevine.cdm)  # a second device
    names = vars(pywidevine.cdm)
    assert isinstance(names["HMAC"].new(b"key", digestmod=names["SHA256"]), Sha256Mac)


def test_a_library_of_another_build_signs_as_it_does() -> None:
    module = ModuleType("cdm")
    vars(module)["HMAC"] = "theirs"
    sign_by_openssl(module)
    assert vars(module)["HMAC"] == "theirs"
    sign_by_openssl(empty := ModuleType("cdm"))
    assert not hasattr(empty, "HMAC")
