"""All pages as one Reflex app, made when this module is read: Reflex wants it so."""

import reflex as rx

from dashboard.pages import (
    application,
    application_settings,
    applications,
    deployment,
    new_application,
    nowhere,
    settings,
)
from dashboard.state.application_settings import ApplicationSettings
from dashboard.state.applications import Applications
from dashboard.state.board import Board
from dashboard.state.creating import Creating
from dashboard.state.deployment import OneDeployment
from dashboard.state.refusing import RefuseStrangers
from dashboard.state.settings import EnvironmentSettings


def _site() -> rx.App:
    site = rx.App(
        stylesheets=["/trellis.css"],
        html_lang="en",
        head_components=[rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml")],
        toaster=rx.toast.provider(position="bottom-right", rich_colors=True, close_button=True),
    )
    site.add_middleware(RefuseStrangers(), index=0)
    one = "/applications/[application]"
    site.add_page(
        applications.page, route="/", title="Applications · Trellis", on_load=Applications.watch
    )
    site.add_page(
        new_application.page, route="/new-application", title="New application · Trellis",
        on_load=Creating.begin,
    )  # fmt: skip
    site.add_page(
        application.page, route=one, title=Board.head.name + " · Trellis", on_load=Board.watch
    )
    site.add_page(
        application_settings.page, route=f"{one}/settings",
        title=ApplicationSettings.shown.name + " settings · Trellis",
        on_load=ApplicationSettings.watch,
    )  # fmt: skip
    site.add_page(
        deployment.page, route=f"{one}/[environment]/deployments/[number]",
        title=OneDeployment.shown.title + " · Trellis", on_load=OneDeployment.watch,
    )  # fmt: skip
    site.add_page(
        settings.page, route=f"{one}/[environment]/settings", title="Settings · Trellis",
        on_load=EnvironmentSettings.watch,
    )  # fmt: skip
    site.add_page(nowhere.page, route="404", title="Not found · Trellis")
    return site


app = _site()
