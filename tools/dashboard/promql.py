"""PromQL for the dashboard: every query asks for the servers that are chosen at its top.

What is drawn over time looks back `$__rate_interval`, which Grafana makes long enough for the
scrape interval; a single value looks back over the whole range that is shown, since in a home that
plays five songs an hour the last minute says nothing.
"""

from typing import Final

CHOSEN: Final = 'namespace=~"$namespace", job=~"$job", instance=~"$instance"'


def of(metric: str, labels: str = "") -> str:
    """The series of a metric, as far as their servers are chosen.

    Args:
        metric: Its name.
        labels: Further conditions, as `outcome="failed"`.
    """
    conditions = f"{CHOSEN}, {labels}" if labels else CHOSEN
    return f"{metric}{{{conditions}}}"


def rate(metric: str, labels: str = "") -> str:
    """How much a counter grows, per second."""
    return f"rate({of(metric, labels)}[$__rate_interval])"


def increase(metric: str, labels: str = "") -> str:
    """How much a counter has grown in the range that is shown."""
    return f"increase({of(metric, labels)}[$__range])"


def summed(expression: str, by: str = "") -> str:
    """The sum of all series, or one for each value of the labels `by`."""
    return _grouped("sum", expression, by)


def highest(expression: str, by: str = "") -> str:
    """The highest of all series, or of each value of the labels `by`."""
    return _grouped("max", expression, by)


def lowest(expression: str, by: str = "") -> str:
    """The lowest of all series, or of each value of the labels `by`."""
    return _grouped("min", expression, by)


def per_second(metric: str, by: str = "", labels: str = "") -> str:
    """How often something happens, in events per second."""
    return summed(rate(metric, labels), by)


def per_minute(metric: str, by: str = "", labels: str = "") -> str:
    """How often something happens, in events per minute."""
    return f"{per_second(metric, by, labels)} * 60"


def in_range(metric: str, labels: str = "") -> str:
    """How often something happened in the range that is shown."""
    return summed(increase(metric, labels))


def quantile(share: float, histogram: str, by: str = "", labels: str = "") -> str:
    """What so large a share stays below, over time.

    Args:
        share: 0.95 for the 95th percentile.
        histogram: Its name, without `_bucket`.
        by: Labels to tell apart.
        labels: Further conditions.
    """
    return _quantile(share, rate(f"{histogram}_bucket", labels), by)


def quantile_in_range(share: float, histogram: str, by: str = "", labels: str = "") -> str:
    """What so large a share stayed below in the range that is shown; as `quantile`."""
    return _quantile(share, increase(f"{histogram}_bucket", labels), by)


def not_none(expression: str) -> str:
    """Leave out series that are zero or have no value, so that the legend names what happens."""
    return f"{expression} > 0"


def most(count: int, expression: str) -> str:
    """The highest series, of those that are not zero."""
    return not_none(f"topk({count}, {expression})")


def days_to(expression: str) -> str:
    """Days from now to moments."""
    return f"({expression} - time()) / 86400"


def called(expression: str, label: str, old: str, new: str) -> str:
    """Give a value of a label another name."""
    return f'label_replace({expression}, "{label}", "{new}", "{label}", "{old}")'


def _grouped(function: str, expression: str, by: str) -> str:
    return f"{function} by ({by}) ({expression})" if by else f"{function}({expression})"


def _quantile(share: float, buckets: str, by: str) -> str:
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({share}, {summed(buckets, labels)})"
