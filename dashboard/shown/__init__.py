"""What pages show, as plain words: pure functions from views to dataclasses of text."""
