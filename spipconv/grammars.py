"""Where the grammar is: in the package once it is installed, beside it in a checkout."""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path


def grammar_directory() -> Traversable:
    """Return the folder of the ``.lark`` files."""
    shipped = resources.files("spipconv") / "grammar"
    if shipped.is_dir():
        return shipped
    return Path(__file__).resolve().parent.parent / "grammar"
