"""Calls by gRPC: how many, how long, and how they end."""

from tools.dashboard.board import Row
from tools.dashboard.panel import Lines, Look, Query
from tools.dashboard.promql import most, not_none, per_second, quantile, rate, summed

_UNARY = 'grpc_type="unary"'


def calls() -> Row:
    """Make the row."""
    handled, method = "grpc_server_handled_total", "grpc_method"
    return Row(
        "Calls",
        (
            Lines(
                title="Calls that began",
                description="The eight methods that are called most.",
                unit="reqps",
                stacked=True,
                queries=(
                    Query(
                        most(8, per_second("grpc_server_started_total", method)),
                        "{{grpc_method}}",
                    ),
                ),
            ),
            Lines(
                title="Calls that did not end well",
                description="By method and code, those that the caller cancelled among them. "
                "docs/errors.md has the reasons behind the codes.",
                unit="reqps",
                runbook="AppleMusicStreamErrors",
                queries=(
                    Query(
                        not_none(per_second(handled, f"{method}, grpc_code", 'grpc_code!="OK"')),
                        "{{grpc_method}}: {{grpc_code}}",
                    ),
                ),
            ),
            Lines(
                title="How long calls take, p95",
                description="Calls with one answer, the eight slowest methods. Streams take as "
                "long as their song.",
                unit="s",
                queries=(
                    Query(
                        most(8, quantile(0.95, "grpc_server_handling_seconds", method, _UNARY)),
                        "{{grpc_method}}",
                        exemplars=True,
                    ),
                ),
            ),
            Lines(
                title="Messages",
                description="Of all methods together; a stream of audio sends about two in a "
                "second.",
                unit="ops",
                width=24,
                height=6,
                queries=(
                    Query(summed(rate("grpc_server_msg_sent_total")), "sent"),
                    Query(summed(rate("grpc_server_msg_received_total")), "received"),
                ),
                looks={"received": Look("blue")},
            ),
        ),
    )
