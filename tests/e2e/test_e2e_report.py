"""`applemusic-server doctor --report`: what is true of Apple, and nothing that is private."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from applemusic_server.config_sources import load
from applemusic_server.domain.account import Account
from applemusic_server.domain.capability import Capability, CapabilityAnswer, KnownAnswer
from applemusic_server.look_at_storage import looked_at
from applemusic_server.open_storage import open_cipher
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.capability_answers import DatabaseCapabilityStore
from applemusic_server.survey import about_writes
from applemusic_server.survey.answer import Answer, Verdict, judged
from applemusic_server.survey.conducting import Wish, conduct
from applemusic_simulator.accounts import DEMO
from applemusic_simulator.conditions import Fault
from applemusic_simulator.simulator import Simulator
from tests.e2e.conftest import MUSIC
from tests.support.operator import Operator
from tests.support.parrot_apple import Parrot
from tests.support.secret_scan import find_secrets

OPEN = {"token.user.life", "error.throttled"}


@pytest.fixture
async def apple() -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, cache_dir=MUSIC) as simulator:
        yield simulator


@pytest.fixture
async def operator(apple: Simulator, tmp_path: Path) -> Operator:
    operator = Operator(apple, tmp_path)
    await operator.done(
        "tokens", "submit", "anna", "--name", "Anna B", stdin=apple.music_user_token()
    )
    apple.world.requests.clear()
    return operator


def other_apple(apple: Simulator) -> None:
    """Everything that can be settled otherwise than it is assumed, is."""
    world = apple.world
    world.playback.change(variant="6s-iv16-sidx", layout="many-keys-compact")
    settings = world.libraries.settings(DEMO)
    settings.song_dates = False
    settings.undocumented = dict.fromkeys(settings.undocumented, "403")
    for capability in ("lyrics", "favorites"):
        world.social.permissions.set(capability, "403")
    world.renewal.revoke_old = True


async def test_where_apple_is_as_assumed_every_assumption_holds(operator: Operator) -> None:
    answers = await operator.report("--allow-writes", "--allow-renewal")
    verdicts = {name: answer["verdict"] for name, answer in answers.items()}
    assert {name for name, verdict in verdicts.items() if verdict != Verdict.HOLDS} == OPEN
    assert {verdicts[name] for name in OPEN} == {Verdict.NOT_SEEN}
    iv, *_ = answers["playback.iv"]["seen"]
    assert iv == "initialisation vectors: 8 bytes; scheme: cenc"


async def test_where_apple_is_another_the_report_says_how(
    operator: Operator, apple: Simulator
) -> None:
    other_apple(apple)
    answers = await operator.report("--allow-writes", "--allow-renewal")

    different = {name for name, each in answers.items() if each["verdict"] == Verdict.DIFFERS}
    assert different == {
        "library.song_dates",
        "lyrics.allowed",
        "playback.fragments",
        "playback.iv",
        "playback.sidx",
        "token.user.renewal",
        *(f"write.{change.name}" for change in about_writes.CHANGES),
    }
    said = {name: " | ".join(answer["seen"]) for name, answer in answers.items()}
    assert "initialisation vectors: 16 bytes" in said["playback.iv"]
    assert "boxes: ftyp, moov, sidx" in said["playback.sidx"]
    assert "longest 5.9" in said["playback.fragments"] or "longest 6." in said["playback.fragments"]
    assert "key line: METHOD SAMPLE-AES, FairPlay, URI skd" in said["playback.playlist"]
    assert "MAP line without a byte range" in said["playback.playlist"]
    assert "403, JSON, code 40300" in said["write.library_remove"]
    assert "could not be undone" in said["write.playlist_cycle"]
    assert "the old one is answered with 403" in said["token.user.renewal"]
    # The new token was stored.
    code, checks = await operator.doctor()
    assert (code, checks["account_apple"]["status"]) == (0, "ok")


async def test_without_leave_nothing_is_changed(operator: Operator, apple: Simulator) -> None:
    before = {playlist.id for playlist in apple.world.libraries.of(DEMO).shelf.playlists.values()}
    answers = await operator.report()
    assert {
        playlist.id for playlist in apple.world.libraries.of(DEMO).shelf.playlists.values()
    } == before
    requests = apple.world.requests.describe()["requests"]
    posts = [each for each in requests if each["method"] != "GET"]
    assert posts
    assert all("webPlayback" in each["path"] or "next-tracks" in each["path"] for each in posts)
    # Neither a licence nor audio: the head of the file alone.
    assert not any("License" in each["path"] for each in requests)
    ranges = [each["range"] for each in requests if each["range"]]
    assert len(ranges) == 1
    assert int(ranges[0].rpartition("-")[2]) < 4096
    for name in ("write.library_remove", "write.playlist_cycle", "token.user.renewal"):
        assert answers[name]["verdict"] == Verdict.NOT_SEEN
    assert len(requests) < 60


async def test_what_apple_said_to_the_server_before_is_told(
    operator: Operator,
) -> None:
    flags: dict[str, object] = {"storage.data_dir": str(operator.data)}
    settings = load({}, flags)
    async with looked_at(settings.storage, {}) as database:
        refused = KnownAnswer(CapabilityAnswer.REFUSED, datetime.now(UTC))
        store = DatabaseCapabilityStore(database)
        assert await store.put("anna", {Capability.PLAYLIST_DELETE: refused})
    answers = await operator.report()
    assert answers["write.playlist_delete"]["verdict"] == Verdict.DIFFERS
    assert answers["write.library_remove"]["verdict"] == Verdict.NOT_SEEN


async def test_writes_are_announced_and_undone(operator: Operator, apple: Simulator) -> None:
    library = apple.world.libraries.of(DEMO)
    before = set(library.shelf.playlists)
    result = await operator.run("doctor", "--report", "--allow-writes")
    assert about_writes.ANNOUNCEMENT in result.stderr
    assert set(apple.world.libraries.of(DEMO).shelf.playlists) == before
    deleted = [
        each for each in apple.world.requests.describe()["requests"] if each["method"] == "DELETE"
    ]
    assert len(deleted) > 1


@pytest.mark.parametrize("how", ["refused", "interrupted"])
async def test_a_playlist_is_deleted_whatever_happens_or_told(
    operator: Operator, apple: Simulator, how: str
) -> None:
    said: list[str] = []
    settings = load(
        {},
        {
            "apple.root_url": apple.url,
            "storage.data_dir": str(operator.data),
            "developer_token.token_file": str(operator.token_file),
        },
    )
    looks = asyncio.Event()

    async def sleep(_: float) -> None:
        looks.set()
        if how == "interrupted":
            await asyncio.Event().wait()
        # Between making and deleting, Apple changes its mind.
        apple.world.libraries.settings(DEMO).undocumented["remove"] = "403"
        apple.world.clock.advance(60)

    apple.world.libraries.settings(DEMO).consistency_delay = 30
    work = asyncio.create_task(
        conduct(settings, {}, Wish(allow_writes=True), say=said.append, sleep=sleep)
    )
    await looks.wait()
    if how == "interrupted":
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        deleted = [
            each["path"]
            for each in apple.world.requests.describe()["requests"]
            if each["method"] == "DELETE"
            and "/p." in each["path"]
            and "00000000" not in each["path"]
        ]
        assert len(deleted) >= 1
    else:
        report = await work
        assert "refused by both" in report
        assert said[-1].startswith("The playlist could not be deleted: delete 'applemusic-server")


async def test_throttling_is_told_as_it_comes(operator: Operator, apple: Simulator) -> None:
    apple.world.conditions.faults.append(Fault("api", "status", status=429, count=2))
    answers = await operator.report()
    assert answers["error.throttled"]["verdict"] == Verdict.HOLDS
    assert "429, JSON" in answers["error.throttled"]["seen"][1]


async def test_no_account_and_no_apple(apple: Simulator, tmp_path: Path) -> None:
    operator = Operator(apple, tmp_path)
    result = await operator.run("doctor", "--report")
    assert result.exit_code == 1
    assert "There is no database" in result.stderr
    await operator.done("tokens", "submit", "anna", stdin=apple.music_user_token())
    await operator.done("tokens", "submit", "berta", stdin=apple.music_user_token())
    assert "name one with --account" in (await operator.run("doctor", "--report")).stderr
    nobody = await operator.run("doctor", "--report", "--account", "carla")
    assert "accounts list" in nobody.stderr
    assert (await operator.report("--account", "berta"))["playback.iv"]["verdict"] == "holds"
    nowhere = tmp_path / "x.toml"
    nowhere.write_text('[apple.base_urls]\n"api.music.apple.com" = "http://127.0.0.1:1"\n')
    gone = Operator(apple, tmp_path, ("--config", str(nowhere)))
    result = await gone.run("doctor", "--report", "--account", "anna")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "does not answer" in result.stderr


async def test_the_report_for_people(operator: Operator) -> None:
    text = await operator.done("doctor", "--report", "--song", "1440857781", "--song", "1")
    assert text.startswith("# What is true of Apple")
    assert "Of a simulator or a proxy, not of Apple" in text
    assert "issues/new" in text
    assert re.search(r"^- `playback\.iv`: Initialisation", text, re.MULTILINE)


async def test_whatever_apple_sends_nothing_private_is_told(
    operator: Operator, apple: Simulator, tmp_path: Path
) -> None:
    """Secrets are sown into every place of every answer, and the whole output is searched."""
    user_tokens = [token.value for token in apple.world.user_tokens]
    signature = "canarySignatureOfAnAddress0123456789"
    person = ["Anna B", "anna"]
    parrot = Parrot([*user_tokens, operator.token_file.read_text(), signature, *person])
    async with parrot:
        told = []
        for more in ((), ("--json",), ("--allow-writes",), ("--allow-renewal",)):
            other = Operator(apple, tmp_path)
            other.settings[3] = parrot.url
            result = await other.run("doctor", "--report", *more)
            assert result.exit_code == 0, result.output
            told.append(result.output)
    secrets = {*user_tokens, operator.token_file.read_text(), signature}
    key = (operator.data / "encryption.key").read_text().strip()
    find_secrets(secrets | {key}, told=told)
    for output in told:
        assert "playback.playlist" in output
        for word in ("Anna", "anna", parrot.url, "canary", apple.team.id, str(operator.data)):
            assert word not in output, word
        # Not even in another case, as METHOD has it.
        assert not [each for each in secrets if each.upper()[:16] in output.upper()]


async def test_a_report_that_would_tell_is_not_shown(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last look fails closed: here the words and the guard of facts are out of order."""
    token = operator.token_file.read_text()

    async def leaking(survey: object) -> list[Answer]:
        del survey
        return [judged("x", f"It is {token}.", holds=True, seen=())]

    monkeypatch.setattr("applemusic_server.survey.conducting.about_library", leaking)
    result = await operator.run("doctor", "--report")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "not shown" in result.stderr
    assert token not in result.output


async def test_a_token_that_has_ended_is_asked_about_and_renewed(
    operator: Operator, apple: Simulator
) -> None:
    """What only an account with a dead token tells: where it is refused, and if it is renewed."""
    for token in list(apple.world.user_tokens):
        apple.world.user_tokens.expire(token)
    flags: dict[str, object] = {"storage.data_dir": str(operator.data)}
    settings = load({}, flags)
    async with looked_at(settings.storage, {}) as database:
        cipher = open_cipher(settings.storage, {}, make=False)
        await DatabaseAccountStore(database, cipher).update("anna", Account.with_rejected)
    answers = await operator.report("--allow-renewal")
    assert answers["token.user.refused"]["seen"][0].endswith("which has ended")
    assert answers["token.user.refused"]["verdict"] == Verdict.HOLDS
    assert answers["token.user.renewal"]["verdict"] == Verdict.HOLDS
    assert answers["token.user.renewal"]["seen"][0] == "the token was refused before"
    assert (await operator.doctor())[1]["account_token"]["status"] == "ok"
