"""What the command checks before a deployment is what the templates need."""

import pytest

from ops.deployment_needs import DeploymentNeeds, Processors
from pricing.idle import read_templates

from .conftest import OPEN_API, PROFILES, Synth


@pytest.mark.parametrize(
    ("choices", "needs"),
    [
        (("profile=small",), ("linux/arm64", Processors(rollout=1.5, most=1.5), Processors(rollout=0, most=1))),
        (
            PROFILES["production"],
            ("linux/arm64", Processors(rollout=10, most=10), Processors(rollout=0, most=36)),
        ),
        (OPEN_API, ("linux/amd64", Processors(rollout=1.5, most=2), Processors())),
    ],
    ids=["small", "production", "without Spot"],
)
def test_the_needs_are_those_of_the_templates(
    synth: Synth, choices: tuple[str, ...], needs: tuple[str, Processors, Processors]
) -> None:
    folder = synth(*choices).folder
    found = DeploymentNeeds.of(read_templates(folder), folder)
    assert (found.platform, found.on_demand, found.spot) == needs
    assert (found.server_image, found.postgres) == ("resonatehqio/resonate:v0.9.8", "17")
    assert found.database_class.startswith("db.")
