"""Settings: where they come from, which wins, and what is said when one is wrong."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.config import Settings, is_loopback
from applemusic_server.config_sources import ConfigurationError, check_secret_files, load


def problems(
    environment: dict[str, str] | None = None,
    flags: dict[str, Any] | None = None,
    file: Path | None = None,
) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load(environment or {}, flags or {}, file)
    return caught.value.problems


def test_defaults_are_loopback_only() -> None:
    settings = load({}, {})

    assert settings.grpc.host == "127.0.0.1"
    assert settings.web.host == "127.0.0.1"
    assert settings.grpc.port == 50051
    assert settings.secret_files() == {}


def test_flags_win_over_environment_over_file(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text('[grpc]\nport = 1\nhost = "::1"\n[web]\nport = 2\n[log]\nlevel = "error"\n')

    settings = load(
        {"APPLEMUSIC_GRPC__PORT": "3", "APPLEMUSIC_WEB__PORT": "4"}, {"grpc.port": "5"}, file
    )

    assert settings.grpc.port == 5
    assert settings.web.port == 4
    assert settings.log.level == "error"
    assert settings.grpc.host == "::1"


def test_the_file_can_be_named_in_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text("[grpc]\nport = 7\n")

    assert load({"APPLEMUSIC_CONFIG": str(file)}, {}).grpc.port == 7


def test_what_is_not_given_changes_nothing() -> None:
    assert load({"APPLEMUSIC_FIXTURES": "/x", "HOME": "/"}, {"grpc.port": None}) == load({}, {})


def test_settings_do_not_change() -> None:
    settings = load({}, {})

    with pytest.raises(AttributeError):
        settings.grpc.port = 1  # type: ignore[misc] # what mypy says, too


@pytest.mark.parametrize(
    ("environment", "flags", "said"),
    [
        (
            {"APPLEMUSIC_GRPC__PROT": "1"},
            {},
            (
                "environment variable APPLEMUSIC_GRPC__PROT: there is no setting grpc.prot; "
                "did you mean grpc.port?"
            ),
        ),
        (
            {},
            {"web.burst_seconds": "1"},
            (
                "command line: there is no setting web.burst_seconds; "
                "did you mean playback.burst_seconds?"
            ),
        ),
        ({}, {"gprc.port": "1"}, "command line: there is no setting gprc; did you mean grpc?"),
        (
            {"APPLEMUSIC_GRPC__PORT": "many"},
            {},
            (
                "environment variable APPLEMUSIC_GRPC__PORT: grpc.port: must be a whole number "
                "from 0 to 65535"
            ),
        ),
        (
            {},
            {"grpc.port": "65536"},
            "command line: grpc.port: must be a whole number from 0 to 65535",
        ),
        (
            {},
            {"developer_token.private_key_file": "/k"},
            "command line: developer_token: private_key_file needs key_id and team_id besides",
        ),
        (
            {},
            {"developer_token.private_key_file": "/k", "developer_token.token_file": "/t"},
            "command line: developer_token: give token_file or private_key_file, not both",
        ),
        (
            {},
            {"apple.root_url": "http://example.org"},
            (
                "command line: apple.root_url: tokens are sent there, so http is for loopback "
                "only; use https"
            ),
        ),
        (
            {},
            {"apple.root_url": "https://user:canary@example.org"},
            "command line: apple.root_url: a base URL has no user, query or fragment",
        ),
        (
            {},
            {"storage.url": "mysql://canary@x"},
            (
                "command line: storage.url: a database is postgresql://user@host:5432/name, or "
                "empty for SQLite"
            ),
        ),
        (
            {"APPLEMUSIC_STORAGE__URL": "postgresql://user:canary@x/name"},
            {},
            (
                "environment variable APPLEMUSIC_STORAGE__URL: storage.url: no password belongs "
                "here: name a file in password_file, or the URL's in url_file"
            ),
        ),
        (
            {},
            {"storage.url": "postgresql://x/name?user=u&password=canary"},
            (
                "command line: storage.url: no password belongs here: name a file in "
                "password_file, or the URL's in url_file"
            ),
        ),
        (
            {},
            {"storage.url": "postgresql://user@x/name"},
            (
                "command line: storage: PostgreSQL needs encryption_key_file, the same for all "
                "servers; make it with `applemusic-server keys new FILE`"
            ),
        ),
        (
            {},
            {"storage.url_file": "a", "storage.url": "postgresql://user@x/name"},
            "command line: storage: give url or url_file, not both",
        ),
        (
            {},
            {"storage.password_file": "a"},
            "command line: storage: password_file is for PostgreSQL: give url too",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_origin(
    environment: dict[str, str], flags: dict[str, Any], said: str
) -> None:
    assert problems(environment, flags) == (said,)


def test_a_key_in_a_file_is_said_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text("[grpc]\nprot = 1\nhosst = 2\n")

    said = problems(file=file)

    assert len(said) == 2
    assert all(each.startswith(f"{file}: there is no setting") for each in said)


def test_a_value_in_the_wrong_place_is_not_repeated() -> None:
    said = problems({"APPLEMUSIC_GRPC__PORT": "eyJcanary"})

    assert "canary" not in "".join(said)


@pytest.mark.parametrize("content", [b"[grpc", b"\xff\xfe", b"grpc = 1", b"a = " + b"[" * 100_000])
def test_a_file_that_is_not_good_toml(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "server.toml"
    file.write_bytes(content)

    assert problems(file=file)


def test_a_missing_or_huge_file(tmp_path: Path) -> None:
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * ((1 << 20) + 1))

    assert problems(file=tmp_path / "none.toml") == (
        f"cannot read {tmp_path / 'none.toml'}: No such file or directory",
    )
    assert "larger than" in problems(file=huge)[0]


def test_loopback_is_told_from_the_rest() -> None:
    for host in ("127.0.0.1", "127.8.9.1", "::1", "localhost"):
        assert is_loopback(host)
    for host in (".".join("0000"), "::", "192.168.1.2", "example.org", "", "127.0.0.1.example.org"):
        assert not is_loopback(host)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"certificate_file": "/c"}, "go together"),
        ({"private_key_file": "/k"}, "go together"),
        ({"client_ca_file": "/c"}, "needs certificate_file"),
        (
            {
                "certificate_file": "/c",
                "private_key_file": "/k",
                "clients": {"a": {"scopes": ["read"]}},
            },
            "client_ca_file is needed",
        ),
        (
            {
                "certificate_file": "/c",
                "private_key_file": "/k",
                "client_ca_file": "/a",
                "clients": {"a": {"scopes": ["root"]}},
            },
            "scopes",
        ),
    ],
)
def test_half_a_tls_is_none(values: dict[str, Any], said: str) -> None:
    flags = {f"tls.{key}": value for key, value in values.items()}
    assert said in problems(flags=flags)[0]


def test_base_urls() -> None:
    plain = load({}, {}).apple
    simulated = load({}, {"apple.root_url": "http://127.0.0.1:8790/"}).apple
    single = load(
        {"APPLEMUSIC_APPLE__BASE_URLS": '{"api.music.apple.com": "http://localhost:1/x/"}'},
        {"apple.root_url": "http://127.0.0.1:8790"},
    ).apple

    assert plain.base_url("api.music.apple.com") == "https://api.music.apple.com"
    assert (
        simulated.base_url("play.itunes.apple.com") == "http://127.0.0.1:8790/play.itunes.apple.com"
    )
    assert single.base_url("api.music.apple.com") == "http://localhost:1/x"
    assert single.base_url("play.itunes.apple.com") == "http://127.0.0.1:8790/play.itunes.apple.com"


def with_token_file(path: Path) -> Settings:
    return load({}, {"developer_token.token_file": str(path)})


def test_a_secret_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("canary")
    file.chmod(0o644)

    with pytest.raises(ConfigurationError) as caught:
        check_secret_files(with_token_file(file))

    assert f"chmod o-rwx {file}" in caught.value.problems[0]
    assert "canary" not in str(caught.value)
    file.chmod(0o640)
    check_secret_files(with_token_file(file))


def test_a_secret_that_is_not_there_or_no_file(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "none", "No such file"), (tmp_path, "is not a file")):
        with pytest.raises(ConfigurationError, match=said):
            check_secret_files(with_token_file(path))


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("grpc.port", " 7 ", 7),
        ("grpc.grace_seconds", "1.5", 1.5),
        ("grpc.reflection", "no", False),
        ("grpc.reflection", "Off", False),
        ("grpc.reflection", "0", False),
        ("grpc.reflection", "YES", True),
        ("grpc.reflection", "true", True),
        ("grpc.socket", "/run/a.sock", Path("/run/a.sock")),
        ("web.allowed_hosts", '["a", "b"]', ("a", "b")),
        ("sign_in.app_name", "1", "1"),
    ],
)
def test_values_are_text_in_the_environment(path: str, text: str, value: Any) -> None:
    section, key = path.split(".")
    name = f"APPLEMUSIC_{section}__{key}".upper()

    assert getattr(getattr(load({name: text}, {}), section), key) == value


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("grpc.reflection", "maybe", "must be true or false"),
        ("grpc.port", True, "must be a whole number from 0 to 65535"),
        ("grpc.port", "7.5", "must be a whole number from 0 to 65535"),
        ("grpc.port", "9" * 5000, "must be a whole number from 0 to 65535"),
        ("grpc.max_call_seconds", 0, "must be a number above 0 and at most 3600"),
        ("grpc.max_call_seconds", float("nan"), "must be a number above 0 and at most 3600"),
        ("grpc.grace_seconds", "inf", "must be a number from 0 to 600"),
        ("grpc.socket", "", "must be a path, not empty"),
        ("grpc.socket", "a\0b", "must be a path, not empty"),
        ("grpc.socket", 5, "must be a path, not empty"),
        ("web.allowed_hosts", "a", "must be a list of text"),
        ("web.allowed_hosts", [1], "must be a list of text"),
        ("apple.storefront", "USA", "must be text of 2 characters that matches ^[a-z]{2}$"),
        ("apple.storefront", "us\n", "must be text of 2 characters that matches ^[a-z]{2}$"),
        ("apple.base_urls", "a", "must be a table of text"),
        ("apple.base_urls", {"a": 1}, "must be a table of text"),
        ("apple.base_urls", {"a": "ftp://b"}, "a: is not an http or https URL"),
        ("apple.base_urls", {"a": ""}, "a: is empty"),
        ("log.level", "loud", "must be debug, error, info or warning"),
    ],
)
def test_what_a_value_must_be_is_said(path: str, value: Any, said: str) -> None:
    assert problems(flags={path: value}) == (f"command line: {path}: {said}",)


def test_all_that_is_wrong_is_said_at_once() -> None:
    said = problems(
        {"APPLEMUSIC_GRPC__PORT": "x", "APPLEMUSIC_LOG__LEVEL": "y"},
        {"grpc.grace_seconds": "z", "apple.root_url": "ftp://user:canary@x", "web": "w"},
    )

    assert [each.split(": ")[1] for each in said] == [
        "grpc.port",
        "grpc.grace_seconds",
        "web",
        "apple.root_url",
        "log.level",
    ]
    assert "canary" not in "".join(said)


@given(
    st.dictionaries(
        st.sampled_from(["grpc.port", "grpc", "web.public_url", "apple.base_urls", "log", "x.y.z"]),
        st.one_of(st.text(max_size=20), st.integers(), st.lists(st.integers(), max_size=2)),
        max_size=4,
    )
)
def test_any_flags_give_settings_or_a_configuration_error(flags: dict[str, Any]) -> None:
    try:
        load({}, flags)
    except ConfigurationError as error:
        assert error.problems  # noqa: PT017 - both outcomes are fine


@given(st.text(max_size=200))
def test_any_text_that_is_toml_gives_settings_or_a_configuration_error(text: str) -> None:
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    try:
        load({}, tree)
    except ConfigurationError as error:
        assert error.problems  # noqa: PT017 - both outcomes are fine


def test_an_unknown_section_in_the_environment_is_named_as_it_stands_there() -> None:
    assert problems({"APPLEMUSIC_GRCP__PORT": "1"}) == (
        "environment variable APPLEMUSIC_GRCP__...: there is no setting grcp; did you mean grpc?",
    )


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ({}, "none"),
        ({"shared": "true"}, "none"),
        ({"token_file": "/t"}, "file"),
        ({"token_file": "/t", "shared": "true"}, "shared"),
        ({"private_key_file": "/k", "key_id": "ABC", "team_id": "DEF"}, "key"),
    ],
)
def test_where_the_developer_token_comes_from(given: dict[str, str], source: str) -> None:
    settings = load({}, {f"developer_token.{key}": value for key, value in given.items()})
    assert settings.developer_token.source == source
