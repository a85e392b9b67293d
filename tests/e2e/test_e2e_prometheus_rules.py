"""The rules for Prometheus ask for what a running server shows: metrics, labels and values."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from applemusic import errors
from applemusic_simulator.developer_tokens import make_team
from tests.support.promql import Rule, Selector, all_rules, groupings, selectors
from tests.support.stage import Stage
from tests.support.token_files import key_settings

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
# What Prometheus and service discovery add to whatever is scraped.
TARGET_LABELS = {"job", "instance", "namespace"}
# Of Prometheus itself; their other labels are its own.
OWN = {"up", "ALERTS"}


async def shown(stage: Stage) -> list[Sample]:
    """What the server shows after a song, and after Apple throttled it."""
    await stage.play(stage.song.id)
    stage.simulator.world.rate_limit.set(0.01, 1)
    for term in ("one", "two"):
        try:
            await stage.music.catalog.search(term)
        except errors.AppleMusicError:
            break
    url = f"http://127.0.0.1:{stage.server.web_port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        text = await response.text()
    return [each for family in text_string_to_metric_families(text) for each in family.samples]


def selected(
    rule: Rule, samples: list[Sample], recorded: set[str]
) -> Iterator[tuple[Selector, Any]]:
    """Each selector of a rule with the series of the server that it means."""
    for selector in selectors(rule.expression):
        if selector.metric in OWN | recorded:
            continue
        yield (
            selector,
            [
                sample
                for sample in samples
                if sample.name == selector.metric
                and all(
                    each.label in sample.labels and each.fits(sample.labels[each.label])
                    for each in selector.matchers
                )
            ],
        )


@pytest.mark.usefixtures("quick_retries")
async def test_rules_ask_for_what_there_is(stage_of: SetUp, tmp_path: Path) -> None:
    team = make_team("another team")
    own = {"accounts": {"berta": key_settings(tmp_path / "berta.p8", team)}}
    async with stage_of(developer_token_settings=own) as stage:
        samples = await shown(stage)
    rules = all_rules()
    recorded = {rule.name for rule in rules if not rule.is_alert}
    asked = 0
    for rule in rules:
        labels = set(TARGET_LABELS)
        for selector, found in selected(rule, samples, recorded):
            asked += 1
            assert found, f"{rule.name}: the server shows no {selector}"
            labels |= {label for sample in found for label in sample.labels}
        words = " ".join(rule.annotations.values())
        named = set(re.findall(r"\$labels\.(\w+)", words)) | groupings(rule.expression)
        assert named <= labels, rule.name
    assert asked > 40


def test_recorded_series_are_recorded_and_used() -> None:
    """Those that only a dashboard reads are the one of the first byte."""
    rules = all_rules()
    recorded = {rule.name for rule in rules if not rule.is_alert}
    read = {each.metric for rule in rules for each in selectors(rule.expression)}
    assert {name for name in read if ":" in name} <= recorded
    assert recorded - read == {"job:applemusic_stream_first_byte_seconds:p95_30m"}
