"""The one writer of history: what is asked and reported comes in, decided events go out."""
