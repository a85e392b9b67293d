"""Counts sign-ins."""

from prometheus_client import CollectorRegistry, Counter

from applemusic_server.domain.sign_in_observer import SignInOutcome


class SignInTelemetry:
    """The `SignInObserver` of the domain."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._outcomes = Counter(
            "applemusic_sign_ins",
            "What happened to sign-ins, by outcome.",
            ["outcome"],
            registry=registry,
        )
        for outcome in SignInOutcome:
            self._outcomes.labels(outcome)

    def counted(self, outcome: SignInOutcome) -> None:
        """Hear that something happened."""
        self._outcomes.labels(outcome).inc()
