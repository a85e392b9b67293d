"""Widevine with the real pywidevine, a self-made device and a licence server of the test's own."""

import asyncio
import contextlib
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_server.domain.content_key import ContentKey
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    InternalError,
    PermissionDeniedError,
    Reason,
)
from applemusic_server.domain.ports import ContentDecryption
from applemusic_server.media.widevine import WidevineDecryption, load_device
from tests.support.licenses import TestDevice, answer, make_device

KEY_ID = bytes.fromhex("00000000010203040506070809101112")
DIGITS = b"1234567890123456"
KEY = b"canary-key-16byt"


@pytest.fixture(scope="session")
def device() -> TestDevice:
    return make_device()


@pytest.fixture
def device_path(device: TestDevice, tmp_path: Path) -> Path:
    path = tmp_path / "device.wvd"
    path.write_bytes(device.wvd)
    path.chmod(0o600)
    return path


def as_port(adapter: ContentDecryption) -> ContentDecryption:
    return adapter  # the type checker compares the adapter with the port


@pytest.fixture
def decryption(device_path: Path) -> WidevineDecryption:
    return WidevineDecryption(load_device(device_path))


def test_a_device_is_loaded(device_path: Path) -> None:
    loaded = load_device(device_path)
    assert (loaded.system_id, loaded.security_level) == (4242, 3)
    assert "cdm" not in repr(loaded)


def test_no_device(tmp_path: Path) -> None:
    for path in (None, tmp_path / "absent.wvd", tmp_path):
        with pytest.raises(FailedPreconditionError) as caught:
            load_device(path)
        assert caught.value.reason is Reason.WIDEVINE_DEVICE_MISSING


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"not a device",
        lambda wvd: wvd[:100],
        lambda wvd: wvd[:-1],
        lambda wvd: wvd[:3] + b"\x01" + wvd[4:],
        lambda wvd: wvd[:40] + bytes(400) + wvd[440:],
        lambda wvd: wvd + bytes(1 << 17),
    ],
)
def test_a_damaged_device(device: TestDevice, tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    path = tmp_path / "device.wvd"
    path.write_bytes(damage(device.wvd))
    with pytest.raises(FailedPreconditionError) as caught:
        load_device(path)
    assert caught.value.reason is Reason.WIDEVINE_DEVICE_REJECTED
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_without_the_extra(device_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pywidevine", None)
    with pytest.raises(FailedPreconditionError) as caught:
        load_device(device_path)
    assert caught.value.reason is Reason.WIDEVINE_DEVICE_MISSING
    assert "[playback]" in caught.value.message


# In a process of its own, for here everything is loaded: a licence request, and what it loaded.
REQUEST = """
import asyncio, json, sys
from pathlib import Path
from applemusic_server.media import widevine
{change}
decryption = widevine.WidevineDecryption(widevine.load_device(Path(sys.argv[1])))
session = asyncio.run(decryption.open(bytes(16)))
print(json.dumps([len(session.challenge), *sys.modules]))
"""


def loaded_by(device_path: Path, change: str = "") -> set[str]:
    script = REQUEST.format(change=change)
    command = [sys.executable, "-W", "error", "-c", script, str(device_path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own script
    length, *modules = json.loads(done.stdout)
    assert length > 500
    return set(modules)


def test_what_nobody_needs_is_not_loaded(device_path: Path) -> None:
    loaded = loaded_by(device_path)

    assert not loaded & {"requests", "urllib3", "pdb", "cffi", "numpy", "pywidevine.remotecdm"}
    assert {"pywidevine", "pywidevine.cdm", "construct"} <= loaded


@pytest.mark.parametrize("needed", ["pywidevine.pssh", "construct.core"])
def test_another_version_that_needs_what_is_left_out(device_path: Path, needed: str) -> None:
    """The names are of modules that this version needs, as another one may need pdb."""
    change = (
        "real = widevine.imported_as_empty\n"
        f"widevine.imported_as_empty = lambda *names: real(*names, {needed!r})"
    )

    assert needed in loaded_by(device_path, change)


@pytest.mark.parametrize("key_id", [KEY_ID, DIGITS, bytes(16)], ids=["apple", "digits", "zeros"])
async def test_a_key_out_of_a_licence(
    device: TestDevice,
    decryption: WidevineDecryption,
    key_id: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    session = await as_port(decryption).open(key_id)
    assert decryption.open_sessions == 1
    licence = answer(device, session.challenge, {b"other-key-id-16b": bytes(16), key_id: KEY})
    key = session.content_key(licence)
    assert key == ContentKey(key_id, KEY)
    assert KEY.hex() not in repr(key)
    assert "canary" not in repr(key) + str(key) + caplog.text
    with pytest.raises(InternalError):
        session.content_key(licence)  # a licence counts once
    session.close()
    session.close()
    assert decryption.open_sessions == 0
    with pytest.raises(ValueError, match="closed"):
        session.content_key(licence)


async def test_a_licence_without_the_key(
    device: TestDevice, decryption: WidevineDecryption
) -> None:
    with await decryption.open(KEY_ID) as session:
        licence = answer(device, session.challenge, {})
        with pytest.raises(PermissionDeniedError) as caught:
            session.content_key(licence)
    assert caught.value.reason is Reason.LICENSE_REFUSED


async def test_licences_that_are_none(device: TestDevice, decryption: WidevineDecryption) -> None:
    with await decryption.open(KEY_ID) as other:
        foreign = answer(device, other.challenge, {KEY_ID: KEY})
    with await decryption.open(KEY_ID) as session:
        good = answer(device, session.challenge, {KEY_ID: KEY})
        short = answer(device, session.challenge, {KEY_ID: KEY[:8]})
        bad = [b"", b"garbage", foreign, good[:-1], good[:60] + b"\xff" + good[61:], bytes(1 << 17)]
        for licence in [*bad, session.challenge, short]:
            with pytest.raises(InternalError) as caught:
                session.content_key(licence)
            assert caught.value.reason is Reason.UPSTREAM_RESPONSE_INVALID
            assert "canary" not in str(caught.value)
            assert caught.value.__suppress_context__ or caught.value.__context__ is None


async def test_sessions_are_bounded_and_the_next_waits(decryption: WidevineDecryption) -> None:
    sessions = [await decryption.open(KEY_ID) for _ in range(16)]
    waiting = asyncio.create_task(decryption.open(KEY_ID))
    cancelled = asyncio.create_task(decryption.open(KEY_ID))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not waiting.done()
    cancelled.cancel()
    sessions.pop().close()
    sessions.append(await waiting)
    assert decryption.open_sessions == 16
    for session in sessions:
        session.close()
    assert decryption.open_sessions == 0
    for _ in range(40):
        (await decryption.open(KEY_ID)).close()


async def test_a_device_that_cannot_sign(tmp_path: Path) -> None:
    path = tmp_path / "weak.wvd"
    path.write_bytes(make_device(1024).wvd)
    loaded = load_device(path)

    class Broken:
        def sign(self, _: object) -> bytes:
            raise ValueError("canary: key too short")

    loaded.cdm._Cdm__signer = Broken()
    decryption = WidevineDecryption(loaded)
    for _ in range(20):  # a failed request gives its session back
        with pytest.raises(FailedPreconditionError) as caught:
            await decryption.open(KEY_ID)
        assert caught.value.reason is Reason.WIDEVINE_DEVICE_REJECTED
        assert "canary" not in str(caught.value)
    assert decryption.open_sessions == 0


async def test_a_key_id_has_16_bytes(decryption: WidevineDecryption) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        await decryption.open(b"short")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.floats(0, 1), value=st.binary(min_size=1, max_size=4))
async def test_any_changed_licence_is_our_error_or_the_key(
    device: TestDevice, decryption: WidevineDecryption, at: float, value: bytes
) -> None:
    with await decryption.open(KEY_ID) as session:
        licence = answer(device, session.challenge, {KEY_ID: KEY})
        place = int(at * (len(licence) - 1))
        changed = licence[:place] + value + licence[place + len(value) :]
        with contextlib.suppress(AppleMusicError):
            assert session.content_key(changed).secret == KEY


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.floats(0, 1), value=st.binary(min_size=1, max_size=8))
def test_any_changed_device_is_loaded_or_rejected(
    device: TestDevice, tmp_path: Path, at: float, value: bytes
) -> None:
    place = int(at * (len(device.wvd) - 1))
    path = tmp_path / "device.wvd"
    path.write_bytes(device.wvd[:place] + value + device.wvd[place + len(value) :])
    try:
        load_device(path)
    except FailedPreconditionError as error:
        assert error.reason is Reason.WIDEVINE_DEVICE_REJECTED  # noqa: PT017 - both ends are right


def test_a_content_key_has_16_bytes() -> None:
    for key_id, secret in ((KEY_ID[:15], KEY), (KEY_ID, KEY + b"x")):
        with pytest.raises(ValueError, match="16 bytes") as caught:
            ContentKey(key_id, secret)
        assert "canary" not in str(caught.value)
