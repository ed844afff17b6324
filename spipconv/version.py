"""The version of spipconv, and which of its two builds this one is."""

import os
from importlib.machinery import EXTENSION_SUFFIXES

VERSION = "0.1.0"
# Whether the modules that pyproject.toml names were compiled when this package was built. Nothing is imported to know.
COMPILED = any(os.path.exists(os.path.join(os.path.dirname(__file__), f"languages{end}")) for end in EXTENSION_SUFFIXES)
BUILD = "compiled" if COMPILED else "pure Python"
