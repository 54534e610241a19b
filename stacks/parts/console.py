"""The console by choice: its site on the internet, and its users, whose tokens the API then accepts."""

from dataclasses import replace
from typing import Final

from aws_cdk import Aws
from constructs import Construct

from stacks.choices import Auth, Choices
from stacks.data import Data

from .console_site import ConsoleSite
from .http_api import HttpApi
from .users import Users


class Console(Construct):
    """The site in front of the API, and the users. `auth` is how the API recognizes them."""

    def __init__(self, scope: Construct, id: str, *, choices: Choices, data: Data, http_api: HttpApi) -> None:
        super().__init__(scope, id)
        self.users: Final = Users(self, "Users", profile=choices.profile)
        self.site: Final = ConsoleSite(
            self,
            "Site",
            choices=choices.web,
            profile=choices.profile,
            api_host=f"{http_api.api.api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}",
            policy_hosts=(self.users.login_origin, *_store_addresses(data)),
        )
        sign_in = self.users.add_page(self.site.address)
        self.site.publish(sign_in)
        issuer, audience = self.users.pool.user_pool_provider_url, (sign_in.client, *choices.auth.audience)
        self.auth: Final[Auth] = replace(choices.auth, issuer=issuer, audience=audience)


def _store_addresses(data: Data) -> tuple[str, str]:
    """Return the addresses of documents: the page sends uploads to the first, and reads images at the second."""
    bucket = data.documents.bucket
    in_path = f"https://s3.{Aws.REGION}.{Aws.URL_SUFFIX}/{bucket.bucket_name}/"
    return f"https://{bucket.bucket_regional_domain_name}", in_path
