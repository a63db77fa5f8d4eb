"""What the dashboard is told by its environment."""

from pydantic import HttpUrl

from services.chassis.settings import ChassisSettings


class DashboardSettings(ChassisSettings):
    """The chassis's settings, and where the services are whose pages these are.

    `ingest_url` gets commands and says who somebody is, `projections_url` has the views,
    `logs_url` the lines of runs, which browsers read themselves: it is only asked how it is.
    """

    ingest_url: HttpUrl = HttpUrl("http://127.0.0.1:8602")
    projections_url: HttpUrl = HttpUrl("http://127.0.0.1:8603")
    logs_url: HttpUrl = HttpUrl("http://127.0.0.1:8604")
