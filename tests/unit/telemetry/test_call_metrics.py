"""Calls as metrics: live counts, lines that are kept, and names that nobody can make up."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from applemusic_server.telemetry.calls import CALL_BUCKETS, CallTelemetry
from tests.support.metrics_text import open_metrics_families

LABELS = {"grpc_type": "server_stream", "grpc_service": "a.A", "grpc_method": "Play"}


@dataclass(eq=False)
class Call:
    path: str = "/a.A/Play"
    received_count: int = 0
    sent_count: int = 0


def known(**values: object) -> CallTelemetry:
    calls = CallTelemetry(**values)  # type: ignore[arg-type]  # what the test gives fits
    calls.know_method("server_stream", "a.A", "Play", ("OK", "Canceled"))
    return calls


def value(calls: CallTelemetry, name: str, **labels: str) -> float:
    text = "".join(calls.text(open_metrics=False))
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and sample.labels == {**LABELS, **labels}:
                return float(sample.value)
    raise LookupError(name)


def test_all_series_are_there_before_the_first_call() -> None:
    calls = known()
    for name in ("started_total", "msg_received_total", "msg_sent_total", "handling_seconds_sum"):
        assert value(calls, f"grpc_server_{name}") == 0
    assert value(calls, "grpc_server_handled_total", grpc_code="Canceled") == 0
    assert value(calls, "grpc_server_handling_seconds_bucket", le="+Inf") == 0


def test_a_unary_call_has_few_series_before_the_first() -> None:
    calls = CallTelemetry()
    calls.know_method("unary", "a.A", "Get", ("OK", "Internal"), later=("NotFound",))

    def names() -> set[str]:
        text = "".join(calls.text(open_metrics=False))
        return {line.partition("{")[0] for line in text.splitlines() if line[0] != "#"}

    assert names() == {"grpc_server_started_total", "grpc_server_handled_total"}
    assert "NotFound" not in "".join(calls.text(open_metrics=False))
    call = Call("/a.A/Get")
    calls.call_started(call)
    text = "".join(calls.text(open_metrics=False))
    labels = 'grpc_method="Get",grpc_service="a.A",grpc_type="unary"'
    assert f'grpc_server_handled_total{{grpc_code="NotFound",{labels}}} 0\n' in text
    assert f"grpc_server_handling_seconds_count{{{labels}}} 0\n" in text
    calls.call_ended(call, "NotFound", 0.1)
    assert f'grpc_server_handled_total{{grpc_code="NotFound",{labels}}} 1\n' in "".join(
        calls.text(open_metrics=False)
    )
    assert len(names()) == 7


def test_messages_of_open_calls_count_as_they_leave() -> None:
    """A song takes minutes: its messages must not be told at its end, all at once."""
    calls, call = known(), Call()
    calls.call_started(call)
    assert calls.open_calls == 1
    for count in (1, 5):
        call.sent_count = count
        assert value(calls, "grpc_server_msg_sent_total") == count
    call.received_count = 1
    calls.call_ended(call, "OK", 0.25)
    call.sent_count = 99  # it has ended: nobody looks any more
    assert calls.open_calls == 0
    assert value(calls, "grpc_server_started_total") == 1
    assert value(calls, "grpc_server_msg_sent_total") == 5
    assert value(calls, "grpc_server_msg_received_total") == 1
    assert value(calls, "grpc_server_handled_total", grpc_code="OK") == 1


def test_a_code_that_was_not_expected_gets_a_series() -> None:
    calls, call = known(), Call()
    calls.call_started(call)
    calls.call_ended(call, "DataLoss", 1)
    assert value(calls, "grpc_server_handled_total", grpc_code="DataLoss") == 1


def test_what_callers_make_up_is_one_method() -> None:
    calls = known()
    for number in range(3):
        call = Call(f'/evil.Service/Method{number}"}}\n')
        calls.call_started(call)
        calls.call_ended(call, "Unimplemented", 0.1)
    text = "".join(calls.text(open_metrics=False))
    labels = 'grpc_method="unknown",grpc_service="unknown",grpc_type="unknown"'
    assert f"grpc_server_started_total{{{labels}}} 3\n" in text
    assert "evil" not in text


@given(st.lists(st.floats(min_value=0, max_value=20), max_size=30))
def test_the_histogram_is_one(lengths: list[float]) -> None:
    calls = known()
    for seconds in lengths:
        call = Call()
        calls.call_started(call)
        value(calls, "grpc_server_started_total")  # a look in between keeps lines
        calls.call_ended(call, "OK", seconds)
    for edge in CALL_BUCKETS:
        expected = sum(seconds <= edge for seconds in lengths)
        assert value(calls, "grpc_server_handling_seconds_bucket", le=str(edge)) == expected
    assert value(calls, "grpc_server_handling_seconds_count") == len(lengths)
    assert abs(value(calls, "grpc_server_handling_seconds_sum") - sum(lengths)) < 1e-6


def test_the_last_trace_of_each_bucket_is_its_exemplar() -> None:
    trace: dict[str, str] = {}
    calls = known(exemplar=lambda: dict(trace) or None, now=lambda: 1_700_000_000.5)
    for trace_id, seconds in (("one", 0.1), ("two", 0.2), ("", 0.2), ("three", 9)):
        trace = {"trace_id": trace_id} if trace_id else {}
        call = Call()
        calls.call_started(call)
        calls.call_ended(call, "OK", seconds)

    text = "".join(calls.text(open_metrics=True)) + "# EOF\n"
    found = {
        sample.labels["le"]: (sample.exemplar.labels, sample.exemplar.value)
        for family in open_metrics_families(text)
        for sample in family.samples
        if sample.exemplar
    }
    assert found == {"0.25": ({"trace_id": "two"}, 0.2), "+Inf": ({"trace_id": "three"}, 9)}
    assert "trace_id" not in "".join(calls.text(open_metrics=False))
