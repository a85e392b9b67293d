"""What belongs to one listener beside the library: opinions, radio, history, lyrics, advice."""
