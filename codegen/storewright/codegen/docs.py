"""Model -> reference documentation. Pure, like render."""

from storewright.codegen.load import Specs

__all__ = ["render_docs"]


def render_docs(specs: Specs) -> dict[str, str]:
    """The pages of docs/reference: path -> text."""
    return {}
