"""What the command's exit code says."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes. Scripts switch on them, so a code never changes its meaning."""

    DONE = 0
    """Everything was done; also when whoever read the output has seen enough."""
    FAILED = 1
    """It failed, for no reason with a code of its own: a defect, or versions that differ."""
    USAGE = 2
    """The command line is wrong, or a value in it."""
    MISSING = 3
    """Something is not installed on this machine: the extra `[cli]`, a player."""
    UNREACHABLE = 4
    """The server cannot be reached, or did not answer in time."""
    ACCESS = 5
    """The server wants another access token, or one that may do more."""
    SIGN_IN = 6
    """Somebody has to sign in first."""
    NOT_FOUND = 7
    """What was named is not there."""
    REFUSED = 8
    """It is there, and cannot be done with it, with this account or at this server."""
    LATER = 9
    """It would work at another time: the same command may succeed later."""
    ACT = 10
    """A person has to set something right first: a subscription, the server's configuration, a sync
    to begin anew.
    """
    PARTLY = 11
    """Some of it was done and some was not; the error output says what."""
    INTERRUPTED = 130
    """Ended by Ctrl-C."""
