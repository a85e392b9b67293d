"""Values that the host brings for its providers; a test puts its own in."""

values: dict[int, object] = {}


def app_var(index: int) -> object:
    """Return a value by its place."""
    return values[index]
