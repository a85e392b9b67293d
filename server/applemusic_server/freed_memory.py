"""Gives the system back what start-up has freed."""

import ctypes


def give_back() -> bool:
    """Give the system the memory that was freed and is still held by the allocator.

    Imports free much of what they take, 3 MB of which glibc keeps for later. Takes some
    milliseconds: once, at the end of start-up.

    Returns:
        Whether there was something to give back; False also where the C library cannot.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return False  # musl, macOS and Windows have no such function
    return bool(trim(0))
