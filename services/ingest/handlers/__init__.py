"""Ingest's routes: each verifies, translates and asks, and decides nothing.

`webhooks` takes deliveries · `door` answers the front door's question · `applications`,
`environments`, `deployments` and `tokens` are the HTTP API · `asking` is what they share ·
`reading` reads bodies within limits · `description` is the OpenAPI document.
"""
