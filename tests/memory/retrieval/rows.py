"""Rows for indexes."""

from collections.abc import Mapping

from repertory.memory.retrieval.documents import Document


def documents(texts: Mapping[str, str]) -> dict[str, Document]:
    """Documents of which there is only a text."""
    return {key: Document(text) for key, text in texts.items()}
