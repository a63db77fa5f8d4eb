"""What ingest decides without asking anybody: what a delivery means, how things are addressed.

`payloads` is what GitHub says · `interpret` what it means to us · `addresses` how ids follow from
each other and from a repository's URL.
"""
