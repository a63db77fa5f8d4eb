"""A call to a deployed API runs in the account and region that own the API.

Such a call is not signed, so MiniStack takes the default account for it, and the APIs of all other
accounts answer 404.
"""

from ministack import app
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import apigateway, apigateway_v1

Call = tuple[str, str, str]
"""API id, stage and path."""


def apply() -> None:
    """Enter the owner's account whenever an address is found to be an API's."""
    parse = app._parse_execute_api_url

    def parse_as_owner(host: str, path: str) -> Call | None:
        call: Call | None = parse(host, path)
        if call:
            _enter_account_of(call[0])
        return call

    app._parse_execute_api_url = parse_as_owner


def _enter_account_of(api: str) -> None:
    for apis in (apigateway._apis, apigateway_v1._rest_apis):
        for (account, region, api_id), _ in list(apis.all_items()):
            if api_id == api:
                set_request_account_id(account)
                set_request_region(region)
