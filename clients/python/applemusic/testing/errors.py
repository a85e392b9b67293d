"""What can go wrong with a server for tests."""


class SimulatedServerError(Exception):
    """Base of what this package raises."""


class NotInstalledError(SimulatedServerError):
    """The server or the simulator is not installed here. The message says how to."""


class NotReadyError(SimulatedServerError):
    """A process did not start. The message holds its last lines."""


class ControlError(SimulatedServerError):
    """The simulator refused what it was told to do. The message says why."""
