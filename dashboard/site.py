"""All pages as one Reflex app, made when this module is read: Reflex wants it so."""

import reflex as rx

app = rx.App()


class Probe(rx.State):
    n: int = 0

    @rx.event
    def more(self) -> None:
        self.n += 1


def index() -> rx.Component:
    return rx.button(Probe.n, on_click=Probe.more)


app.add_page(index, route="/")
