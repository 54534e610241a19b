"""The users of the console: a user pool, its pages for signing in, and the console as a client of it.

An administrator invites users; none signs up. Each has a second factor: an app for one-time codes, because text
messages cost money and can be intercepted.
"""

from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from contract.console_page import SignIn
from stacks.acknowledgments import acknowledge
from stacks.profile import Profile

from .unique_name import unique_id

ADMIN_GROUP: Final = "admin"  # its members reach all jobs
_TOKEN_TIME: Final = Duration.minutes(15)  # a removed user keeps access for this time
_SESSION_TIME: Final = Duration.hours(10)  # a day's work; then the user signs in again
_ROTATION_GRACE: Final = Duration.seconds(30)  # in case an answer with new tokens is lost
_PASSWORD_CHARACTERS: Final = 12
_INVITATION_TIME: Final = Duration.days(7)


class Users(Construct):
    """The pool, and its domain."""

    def __init__(self, scope: Construct, id: str, *, profile: Profile) -> None:
        super().__init__(scope, id)
        self.pool: Final = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            standard_attributes=cognito.StandardAttributes(
                email=cognito.StandardAttribute(required=True, mutable=True)
            ),
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=_PASSWORD_CHARACTERS,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
                temp_password_validity=_INVITATION_TIME,
            ),
            feature_plan=cognito.FeaturePlan.ESSENTIALS,  # managed login needs it
            deletion_protection=profile.keep_data,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if profile.keep_data else RemovalPolicy.DESTROY,
        )
        reason = "the plan with threat protection costs more for each user, and users have a second factor"
        acknowledge(self.pool, "AwsSolutions-COG8", reason)
        self._domain: Final = self.pool.add_domain(
            "Domain",
            # The name must be free in the whole region, and the id of the stack is.
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=f"longhand-{unique_id()}"),
            managed_login_version=cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
        )
        cognito.CfnUserPoolGroup(
            self,
            "Admins",
            user_pool_id=self.pool.user_pool_id,
            group_name=ADMIN_GROUP,
            description="Members reach the jobs of all requesters",
        )

    @property
    def login_origin(self) -> str:
        """The origin of the pages for signing in, and of the endpoint for tokens."""
        return self._domain.base_url()

    def add_page(self, address: str) -> SignIn:
        """Add the console at this address as a client without a secret: a page can keep none."""
        client = self.pool.add_client(
            "Page",
            generate_secret=False,
            auth_flows=cognito.AuthFlow(user_srp=True),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID],
                callback_urls=[address],
                logout_urls=[address],
            ),
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=_TOKEN_TIME,
            id_token_validity=_TOKEN_TIME,
            refresh_token_validity=_SESSION_TIME,
            refresh_token_rotation_grace_period=_ROTATION_GRACE,
        )
        # Without a style, even AWS' own, managed login shows an error in place of its pages.
        cognito.CfnManagedLoginBranding(
            self,
            "Style",
            user_pool_id=self.pool.user_pool_id,
            client_id=client.user_pool_client_id,
            use_cognito_provided_values=True,
        )
        return SignIn(provider=self.login_origin, client=client.user_pool_client_id)
