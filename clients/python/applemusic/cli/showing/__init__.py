"""How things look, for people and for programs."""
