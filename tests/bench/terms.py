"""On which terms it is measured: `BENCH=short` takes fewer rounds, for every run of the tests."""

import os

SHORT = os.environ.get("BENCH") == "short"
