"""Music composed and played from a number: listenable, different for every song, repeatable.

`style` says how a genre sounds, `score` composes, `voices` and `drums` play single sounds, and
`render` performs a whole score.
"""
