"""The one way into Trellis: webhooks, the HTTP API for commands, sign-in and tokens."""
