"""The log of a run, which the browser reads from logs itself: lines never pass through a state."""

import reflex as rx


class LogViewer(rx.NoSSRComponent):
    """Shows the lines of `run` as they come, with follow and pause, until it has `ended`."""

    library = rx.asset("log_viewer.jsx", shared=True).importable_path
    tag = "LogViewer"
    run: rx.Var[str]
    ended: rx.Var[bool]


log_viewer = LogViewer.create
