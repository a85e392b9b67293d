"""The provider against the documented contract of both generations of the host."""

import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from music_assistant_models.provider import ProviderManifest

from tests.support.ma.host import FOLDER, Generation
from tests.support.ma.models import FOLDER as MODELS

Part = Callable[[str], ModuleType]

OLDER_ONLY = {"recommendations"}
NEWER_ONLY = {
    "get_recommendations",
    "get_recommendation_items",
    "max_concurrent_streams",
    "supported_media_types",
}


def contract(generation: Generation) -> dict[str, Any]:
    """What the host calls on a provider, by name."""
    name = "music_assistant.models.music_provider"
    base = import_module(name).MusicProvider
    found: dict[str, Any] = {}
    for each in base.__mro__:
        for method, value in vars(each).items():
            if not method.startswith("_") and (callable(value) or isinstance(value, property)):
                found.setdefault(method, value)
    found.pop("documented_only")
    if generation is Generation.SETTINGS:
        return {name: value for name, value in found.items() if name not in NEWER_ONLY}
    return found


def test_the_face_is_chosen_by_the_host(generation: Generation, package: ModuleType) -> None:
    assert callable(package.setup)
    older = generation is Generation.SETTINGS
    assert hasattr(package, "get_config_entries") is older
    assert hasattr(package.face.Provider, "get_config_entries") is not older
    more = {"get_config_entries", "SUPPORTED_FEATURES"} if older else set()
    assert set(package.__all__) == {"setup", *more}


def test_every_method_can_be_called_as_the_host_does(
    generation: Generation, package: ModuleType
) -> None:
    for name, documented in contract(generation).items():
        ours = inspect.getattr_static(package.face.Provider, name)
        if isinstance(documented, property):
            assert isinstance(ours, property), name
            continue
        wanted, given = inspect.signature(documented), inspect.signature(ours)
        for key, parameter in wanted.parameters.items():
            assert key in given.parameters, f"{name} lacks {key}"
            assert list(given.parameters).index(key) == list(wanted.parameters).index(key), name
            ours_has = given.parameters[key].default is not inspect.Parameter.empty
            theirs_has = parameter.default is not inspect.Parameter.empty
            assert ours_has or not theirs_has, f"{name}({key}) needs a default"
            if theirs_has and ours_has:
                assert given.parameters[key].default == parameter.default, (name, key)
        more = given.parameters.keys() - wanted.parameters.keys()
        assert all(given.parameters[each].default is not inspect.Parameter.empty for each in more)
        kind = inspect.isasyncgenfunction, inspect.iscoroutinefunction
        assert [is_(ours) for is_ in kind] == [is_(documented) for is_ in kind], name


def test_everything_that_makes_sense_is_done_by_the_provider_itself(
    generation: Generation, package: ModuleType
) -> None:
    left = {
        name
        for name, value in contract(generation).items()
        if not any(
            name in vars(each)
            for each in package.face.Provider.__mro__
            if each.__module__.startswith(package.__name__)
        )
        and not isinstance(value, property)
    }
    assert left == {"handle_async_init", "get_setup_value"}


def test_the_setup_flow_is_there_for_the_newer_host(generation: Generation, part: Part) -> None:
    if generation is Generation.SETTINGS:
        with pytest.raises(ImportError, match="setup_flow"):
            part("setup_flow")
    else:
        assert list(inspect.signature(part("setup_flow").run_setup).parameters) == ["session"]


async def test_the_manifest_is_one() -> None:
    manifest = await ProviderManifest.parse(str(FOLDER / "manifest.json"))
    raw = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
    assert manifest.domain == FOLDER.name == raw["domain"]
    assert manifest.type.value == "music"
    assert manifest.multi_instance
    assert raw["has_setup_flow"]
    client = (FOLDER.parents[2] / "clients/python/pyproject.toml").read_text("utf-8")
    version = re.search(r'^version = "(.+)"$', client, re.MULTILINE)
    assert version is not None
    assert manifest.requirements == [f"applemusic-grpc=={version.group(1)}"]
    assert raw["description"] == strings()["manifest"]["description"]


@pytest.mark.parametrize("name", ["icon.svg", "icon_monochrome.svg"])
def test_icons_are_drawings_of_their_own(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    assert ET.fromstring(text).tag.endswith("svg")  # noqa: S314 - a file of ours
    assert len(text) < 4000
    assert "<image" not in text


def strings() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "strings.json").read_text("utf-8"))
    return found


def test_every_setting_and_step_has_its_words(part: Part, generation: Generation) -> None:
    entries = part("form").server_entries({}, part("texts").Texts())
    for each in entries:
        assert each.key in strings()["config_entries"], each.key
        assert each.label
        assert each.description
    if generation is Generation.SETUP_FLOW:
        text = (FOLDER / "setup_flow.py").read_text("utf-8")
        for step in re.findall(r'step_id="(\w+)"', text):
            assert {"title", "description"} <= strings()["setup_flow"][step].keys(), step
        reasons = re.findall(r'setup_flow.abort.(\w+)"', text)
        assert len(reasons) == 2
        for reason in reasons:
            assert reason in strings()["setup_flow"]["abort"]


@pytest.mark.parametrize("age", ["oldest", "newest"])
def test_all_of_this_holds_with_other_models(age: str) -> None:
    if os.environ.get("MA_MODELS"):
        return  # this is one of those runs
    if not (MODELS / age).is_dir():
        pytest.skip("other versions of Music Assistant's models are not here: make setup")
    here = Path(__file__).parent
    done = subprocess.run(  # noqa: S603 - this very interpreter
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.support.ma.models", str(here)),
            *("-p", "no:cacheprovider"),
        ],
        cwd=FOLDER.parents[2],
        env={**os.environ, "MA_MODELS": age},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
