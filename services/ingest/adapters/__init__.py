"""Ingest's rim: GitHub, the directory, the signing key, the bus.

`github` checks and reads deliveries · `directory` keeps `tokens` and `hooks` · `signing` signs
identities · `orchestrator` asks for commands to be decided · `inbox` keeps deliveries.
"""
