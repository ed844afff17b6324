"""Being written."""
from spipconv.nodes import Document
def write(document: Document, *, profile: str = "article") -> str:
    raise NotImplementedError
