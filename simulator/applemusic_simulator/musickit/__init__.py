"""Apple's sign-in for web pages: a stand-in for MusicKit JS v3 and for the window that it opens."""
