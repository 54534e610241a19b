"""The code of a Lambda function as an asset of the CDK, bundled on this machine without Docker."""

from pathlib import Path
from typing import Any, Final

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk.aws_lambda import Architecture, AssetCode, Code

from .bundle import ROOT, Bundle, Machine

MACHINES: Final[dict[str, Machine]] = {"arm64": "aarch64", "x86_64": "x86_64"}


def function_code(rooms: tuple[str, ...], lock: str, *, architecture: Architecture) -> AssetCode:
    """Bundle rooms of this project and a lock, both given as paths from the root."""
    return bundle_code(Bundle(rooms=rooms, lock=lock, machine=MACHINES[architecture.name]))


def bundle_code(bundle: Bundle) -> AssetCode:
    """Return the asset of a bundle, whose hash is the bundle's digest: the CDK would hash the source folder only."""
    return Code.from_asset(
        str(ROOT / "lambdas"),
        asset_hash=bundle.digest(),
        asset_hash_type=AssetHashType.CUSTOM,
        bundling=BundlingOptions(image=DockerImage.from_registry("none"), local=_LocalBundling(bundle)),
    )


@jsii.implements(ILocalBundling)
class _LocalBundling:
    """Fills the asset's folder when the CDK needs it."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def try_bundle(self, output_dir: str, *_: Any, **__: Any) -> bool:  # noqa: ANN401 - options for a container
        """Fill the folder. An error ends the synthesis, while returning False would make the CDK use Docker."""
        self._bundle.fill(Path(output_dir))
        return True
