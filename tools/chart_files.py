"""Writes those files of the Helm chart that have their source elsewhere.

    python tools/chart_files.py            # write them
    python tools/chart_files.py --check    # exit 1 when one is not up to date

Helm packs nothing from outside of a chart's folder, and tools that fetch charts with git leave
symbolic links out, so the chart has copies: of the rules for Prometheus, and of Grafana's
dashboards. The schema of its values holds that of the server's settings, without those that the
chart decides.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "deploy" / "helm" / "applemusic-grpc"
_COPIES = (
    ("files/rules", ROOT / "deploy" / "prometheus" / "rules", "*.yml"),
    ("files/dashboards", ROOT / "deploy" / "grafana" / "dashboards", "*.json"),
)
# What the chart decides, by section; None is the whole section.
OWNED: dict[str, set[str] | None] = {
    "access": None,
    "storage": {"data_dir", "url", "url_file", "password_file", "encryption_key_file"},
    "grpc": {"host", "port", "socket"},
    "tls": {"certificate_file", "private_key_file", "client_ca_file"},
    "web": {"host", "port"},
    "developer_token": {"token_file", "private_key_file", "key_id", "team_id"},
    "widevine": {"device_file"},
}


def values_schema() -> dict[str, Any]:
    """The schema of the chart's values."""
    base = CHART.parent / "values.schema.base.json"
    schema: dict[str, Any] = json.loads(base.read_text("utf-8"))
    settings = json.loads((ROOT / "docs" / "config.schema.json").read_text("utf-8"))
    parts = settings.pop("$defs")
    for section, keys in OWNED.items():
        reference = settings["properties"][section]
        if keys is None:
            del settings["properties"][section]
        for key in keys or ():
            del parts[_name(reference)]["properties"][key]
    del settings["$schema"], settings["title"]
    schema["properties"]["config"] = settings
    schema["$defs"] |= {name: part for name, part in parts.items() if _used(name, settings, parts)}
    return schema


def _name(reference: dict[str, Any]) -> str:
    """The part that a property refers to, wherever the reference stands in it."""
    found = reference.get("$ref") or next(each["$ref"] for each in reference["allOf"])
    return str(found).removeprefix("#/$defs/")


def _used(name: str, settings: dict[str, Any], parts: dict[str, Any]) -> bool:
    others = [part for other, part in parts.items() if other != name]
    return f'"#/$defs/{name}"' in json.dumps([settings, others])


def wanted() -> Iterator[tuple[Path, str]]:
    """Each file that is made, and what should be in it."""
    yield CHART / "values.schema.json", json.dumps(values_schema(), indent=2) + "\n"
    for folder, source, pattern in _COPIES:
        for path in sorted(source.glob(pattern)):
            yield CHART / folder / path.name, path.read_text("utf-8")


def main() -> None:
    """Write the files, or say which are not what they should be."""
    check = "--check" in sys.argv[1:]
    files = dict(wanted())
    there = {path for folder, _, _ in _COPIES for path in (CHART / folder).glob("*.*")}
    stale = [
        path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text
    ]
    surplus = sorted(there - files.keys())
    if check:
        for path in [*stale, *surplus]:
            print(f"{path.relative_to(ROOT)}: not up to date; run `make gen`")
        sys.exit(bool(stale or surplus))
    for path in surplus:
        path.unlink()
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], "utf-8")
        print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
