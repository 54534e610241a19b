"""A function's code as an asset of the CDK, made on this machine: Docker is never asked for."""

from pathlib import Path
from typing import Any, Final

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk.aws_lambda import Architecture, AssetCode, Code

from .bundle import ROOT, Bundle, Machine

MACHINES: Final[dict[str, Machine]] = {"arm64": "aarch64", "x86_64": "x86_64"}


def function_code(rooms: tuple[str, ...], lock: str, *, architecture: Architecture) -> AssetCode:
    """Make the code of a function from rooms of this project and its lock, both as paths from the root.

    The hash is the bundle's own: the CDK would hash the source folder, and does not see what becomes of it.
    """
    bundle = Bundle(rooms=rooms, lock=lock, machine=MACHINES[architecture.name])
    return Code.from_asset(
        str(ROOT / "lambdas"),
        asset_hash=bundle.digest(),
        asset_hash_type=AssetHashType.CUSTOM,
        bundling=BundlingOptions(image=DockerImage.from_registry("none"), local=_Local(bundle)),
    )


@jsii.implements(ILocalBundling)
class _Local:
    """What the CDK calls when it needs the folder."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def try_bundle(self, output_dir: str, *_: Any, **__: Any) -> bool:  # noqa: ANN401 - what a container would be told
        """Fill the folder; an error ends the synthesis, where False would fall back to Docker."""
        self._bundle.fill(Path(output_dir))
        return True
