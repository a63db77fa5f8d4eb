"""The bus: FastStream on nats-py under one middleware (docs/decisions/0009).

`sending` publishes, asks and tells (`Bus`, `connect_bus`) · `subscribe` listens · `pull` reads a
stream fast · `guard` settles what a handler was given, `dead_letters` keeps what it could not ·
`connection` stays connected · `safety` refuses a server that may lose messages · `errors`.
"""
