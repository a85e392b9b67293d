"""Apple's JSON to resources of the domain."""
