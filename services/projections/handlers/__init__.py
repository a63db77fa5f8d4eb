"""What projections serve: `documents`, the views themselves, and `feed`, how they change.

`reading` is how both wait for a position and answer.
"""
