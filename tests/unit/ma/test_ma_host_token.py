"""The developer token that the host brings."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from music_assistant_models.errors import SetupFailedError

Part = Callable[[str], ModuleType]
END = datetime(2027, 4, 21, tzinfo=UTC)


def token(**claims: Any) -> str:
    parts = ({"alg": "ES256"}, {"iss": "TEAM", "exp": int(END.timestamp()), **claims})
    made = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in parts]
    return ".".join((*(each.rstrip("=") for each in made), "c2ln"))


@pytest.fixture
def brought(package: ModuleType) -> dict[int | str, object]:
    """What the host brings."""
    assert package is not None
    found: dict[int | str, object] = import_module("music_assistant.helpers.app_vars").values
    return found


def test_it_is_offered_where_the_host_brings_one(
    part: Part, brought: dict[int | str, object]
) -> None:
    offered = part("host_token").offered
    assert offered() == ""
    brought[8] = "an api key of somebody else's"
    assert offered() == ""
    brought[8] = token()
    assert offered() == token()
    brought.clear()
    brought["apple_music_token"] = token()
    assert offered() == token(), "newer hosts name it"
    assert part("host_token").end_of(offered()) == END


@given(text=st.text() | st.text(alphabet="ey.JAB=-_"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_judged(part: Part, text: str) -> None:
    found = part("host_token").end_of(text)
    assert found is None or isinstance(found, datetime)


def test_the_choice_says_what_it_means(part: Part, brought: dict[int | str, object]) -> None:
    def shown() -> dict[str, Any]:
        entries = part("form").server_entries({}, part("texts").Texts())
        return {each.key: each for each in entries}

    assert "own_developer_token" not in shown()
    brought[8] = token()
    entry = shown()["own_developer_token"]
    assert entry.default_value == "own", "a key of one's own comes first"
    assert [each.value for each in entry.options] == ["own", "host"]
    words_of_it = ("shared by all installations", "throttles", "2027-04-21", "no address above")
    for words in words_of_it:
        assert words in entry.description
    assert "2027-04-21" in entry.options[1].title
    assert token() not in str(entry.to_dict())


def test_the_server_gets_a_file_of_this_users_alone(
    part: Part, brought: dict[int | str, object], tmp_path: Path
) -> None:
    chosen = part("settings").Settings.of(
        {
            "own_developer_token": "host",
            "own_private_key_file": "/k.p8",
            "own_device_file": "/d.wvd",
        }
    )
    own = part("connection").own_settings
    with pytest.raises(SetupFailedError, match="brings no developer token"):
        own(chosen, tmp_path / "data")
    brought[8] = token()
    found = own(chosen, tmp_path / "data")
    path = Path(found["developer_token.token_file"])
    assert found == {
        "widevine.device_file": "/d.wvd",
        "developer_token.token_file": str(path),
        "developer_token.shared": "true",
    }
    assert path.read_text() == token()
    assert path.stat().st_mode & 0o777 == 0o600
    brought[8] = token(exp=int(END.timestamp()) + 1)
    own(chosen, tmp_path / "data")
    assert path.read_text() != token(), "an update of the host brought another"
    not_chosen = part("settings").Settings.of({"own_private_key_file": "/k.p8"})
    assert own(not_chosen, tmp_path / "data") == {"developer_token.private_key_file": "/k.p8"}
    assert not path.exists()


def test_a_server_that_somebody_runs_cannot_get_it_and_says_so(part: Part) -> None:
    chosen = {"address": "127.0.0.1:50051", "own_developer_token": "host"}
    with pytest.raises(SetupFailedError, match="that its operator gave it") as caught:
        part("connection").connection_for(part("settings").Settings.of(chosen), None, None)
    reason = vars(caught.value)["reason"].lower()
    sentence = part("texts").Texts().error(reason)
    assert "Leave the address empty" in sentence
    chosen["own_developer_token"] = "own"
    part("connection").connection_for(part("settings").Settings.of(chosen), None, None)
