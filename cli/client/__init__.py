"""The HTTP API as the command line uses it: `api` commands, `reading` reads, `errors` explains."""
