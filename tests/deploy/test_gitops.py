"""The examples for Argo CD and Flux lead to the chart, with values that it accepts."""

from pathlib import Path

import yaml

from tests.support.chart import CHART, EXAMPLES, ROOT, manifests, render, template
from tests.support.kubernetes_schemas import MINORS, problems

FOLDER = ROOT / "deploy" / "gitops"


def test_argo_cd_renders_the_chart_with_an_example() -> None:
    """Argo CD's own definition is not at hand: only what it leads to is looked at."""
    (application,) = manifests((FOLDER / "argo-cd.yaml").read_text("utf-8"))
    assert (application["apiVersion"], application["kind"]) == (
        "argoproj.io/v1alpha1",
        "Application",
    )
    chart, values = application["spec"]["sources"]
    assert ROOT / chart["path"] == CHART
    (file,) = chart["helm"]["valueFiles"]
    example = ROOT / file.removeprefix(f"${values['ref']}/")
    assert example in EXAMPLES
    # It would make new ones with each look at the repository.
    assert "Secret" not in {each["kind"] for each in render(example)}


def test_flux_renders_the_chart_with_its_values(tmp_path: Path) -> None:
    source, release = manifests((FOLDER / "flux.yaml").read_text("utf-8"))
    assert problems(source, MINORS[-1]) == []
    assert problems(release, MINORS[-1]) == []
    chart = release["spec"]["chart"]["spec"]
    assert chart["sourceRef"] == {"kind": source["kind"], "name": source["metadata"]["name"]}
    assert ROOT / chart["chart"] == CHART
    assert f"!/{chart['chart']}" in source["spec"]["ignore"].split()
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump(release["spec"]["values"]))
    done = template(values)
    assert done.returncode == 0, done.stderr
    assert "Secret" not in {each["kind"] for each in manifests(done.stdout)}
