"""A real Chroma server."""

from tests.chroma_server import server

__all__ = ["server"]
