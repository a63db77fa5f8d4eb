"""The frameworks: how each is known by its files, and the program that makes its assembly.

That program runs in the sandbox, without credentials; what it leaves is read as hostile input.
"""
