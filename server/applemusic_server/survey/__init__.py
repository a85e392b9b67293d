"""What `applemusic-server doctor --report` does: finds out what is true of Apple.

Much of what this server does rests on what others saw and nobody documents. The survey asks Apple
on the operator's own account and says of each assumption whether it holds. What it tells is made
of numbers and of words that were looked at one by one (`words`), and is searched for secrets before
it is shown (`guard`).
"""
