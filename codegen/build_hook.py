"""What the wheel has beside the source roots; run by the build, see pyproject.toml."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Vocabulary(BuildHookInterface[Any]):
    """Ships specs/core with the generator: a service.toml elsewhere is checked against it.

    Not in an editable install, where the generator reads the folder itself; a copy would go stale.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hatchling calls this; `version` is "standard" for a wheel, "editable" for a checkout."""
        if version == "standard":
            build_data["force_include"]["specs/core"] = "storewright/codegen/core"
