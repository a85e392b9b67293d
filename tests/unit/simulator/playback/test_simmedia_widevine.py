"""The licence server and real pywidevine understand each other, and nobody else is let in."""

import base64
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pywidevine.cdm import Cdm
from pywidevine.device import Device
from pywidevine.license_protocol_pb2 import LicenseRequest, SignedDrmCertificate, SignedMessage

from applemusic_simulator.example_client import init_data
from applemusic_simulator.widevine import (
    CDM_EXPIRED,
    MEDIA_LICENSE,
    LicenseRefusedError,
    LicenseServer,
)
from applemusic_simulator.widevine_device import TestDevice, make_test_device

KID = bytes(4) + b"abcdefghijkl"
KEY = b"fedcba9876543210"


def server_for(device: TestDevice) -> LicenseServer:
    return LicenseServer(lambda: (device.public_key,), lambda: 1_800_000_000.0)


@pytest.fixture
def cdm(device: TestDevice) -> Cdm:
    return Cdm.from_device(Device.load(device.path))


def test_pywidevine_gets_the_right_key(device: TestDevice, cdm: Cdm) -> None:
    server, session = server_for(device), cdm.open()
    challenge = server.read(cdm.get_license_challenge(session, init_data(KID)))
    assert challenge.key_ids == (KID,)
    cdm.parse_license(session, server.answer(challenge, {KID: KEY}))
    (key,) = cdm.get_keys(session, "CONTENT")
    assert (key.kid.bytes, key.key) == (KID, KEY)


def test_no_key_lies_open_in_the_licence(device: TestDevice, cdm: Cdm) -> None:
    server = server_for(device)
    challenge = server.read(cdm.get_license_challenge(cdm.open(), init_data(KID)))
    assert KEY not in server.answer(challenge, {KID: KEY})


def test_several_keys_in_one_licence(device: TestDevice, cdm: Cdm) -> None:
    server, session = server_for(device), cdm.open()
    challenge = server.read(cdm.get_license_challenge(session, init_data(KID, KID[::-1])))
    keys = {KID: KEY, KID[::-1]: KEY[::-1]}
    cdm.parse_license(session, server.answer(challenge, keys))
    assert {key.kid.bytes: key.key for key in cdm.get_keys(session)} == keys


def test_client_may_hide_itself_under_the_service_certificate(device: TestDevice, cdm: Cdm) -> None:
    server, session = server_for(device), cdm.open()
    signed = SignedDrmCertificate.FromString(server.service_certificate())
    # set_service_certificate accepts certificates signed by Google only; this one is self-made.
    vars(cdm)["_Cdm__sessions"][session].service_certificate = signed
    data = cdm.get_license_challenge(session, init_data(KID), privacy_mode=True)
    request = LicenseRequest.FromString(SignedMessage.FromString(data).msg)
    assert request.HasField("encrypted_client_id")
    cdm.parse_license(session, server.answer(server.read(data), {KID: KEY}))
    assert cdm.get_keys(session, "CONTENT")[0].key == KEY


def test_foreign_devices_get_nothing(device: TestDevice, tmp_path: Path) -> None:
    foreign = make_test_device(tmp_path / "foreign.wvd")
    cdm = Cdm.from_device(Device.load(foreign.path))
    challenge = cdm.get_license_challenge(cdm.open(), init_data(KID))
    with pytest.raises(LicenseRefusedError) as refusal:
        server_for(device).read(challenge)
    assert refusal.value.code == CDM_EXPIRED == 190121


def test_changed_requests_are_refused(device: TestDevice, cdm: Cdm) -> None:
    signed = SignedMessage.FromString(cdm.get_license_challenge(cdm.open(), init_data(KID)))
    signed.msg = signed.msg.replace(KID, KID[::-1])
    with pytest.raises(LicenseRefusedError, match="signature") as refusal:
        server_for(device).read(signed.SerializeToString())
    assert refusal.value.code == MEDIA_LICENSE


def test_other_messages_are_refused(device: TestDevice, cdm: Cdm) -> None:
    signed = SignedMessage.FromString(cdm.get_license_challenge(cdm.open(), init_data(KID)))
    signed.type = SignedMessage.LICENSE
    with pytest.raises(LicenseRefusedError, match="no licence request"):
        server_for(device).read(signed.SerializeToString())


@settings(max_examples=40)
@given(st.data())
def test_any_bytes_are_refused(device: TestDevice, data: st.DataObject) -> None:
    cdm = Cdm.from_device(Device.load(device.path))
    good = cdm.get_license_challenge(cdm.open(), init_data(KID))
    place = data.draw(st.integers(0, len(good) - 1))
    patch = data.draw(st.binary(min_size=1, max_size=8))
    challenge = good[:place] + patch + good[place + len(patch) :]
    if challenge == good:
        return
    for candidate in (challenge, data.draw(st.binary(max_size=300))):
        try:
            read = server_for(device).read(candidate)
        except LicenseRefusedError:
            continue
        assert read.key_ids == (KID,)  # the damage hit nothing that is signed


def test_device_is_made_once_and_belongs_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "device.wvd"
    device = make_test_device(path)
    assert make_test_device(path) == device
    assert path.stat().st_mode & 0o077 == 0
    assert [child.name for child in path.parent.iterdir()] == ["device.wvd"]
    assert repr(device.public_key) not in repr(device)


@pytest.mark.parametrize(
    "content", [b"", b"WVD\x02", b"XYZ\x02" + bytes(900), b"WVD\x02" + b"\xff" * 900]
)
def test_a_file_that_is_no_device_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.wvd"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="no Widevine device"):
        make_test_device(path)


def test_shipped_text_is_no_device() -> None:
    """No device of any kind lies in the package."""
    package = Path(make_test_device.__code__.co_filename).parent
    marker = base64.b64encode(b"WVD\x02")[:4]
    for path in package.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            data = path.read_bytes()
            assert not data.startswith(b"WVD")
            assert marker + b"AgMA" not in data
