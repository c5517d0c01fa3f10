"""The offline model: for trying the product and for tests, with no key and no network."""

from repertory.nodes.offline.model import OfflineModel

__all__ = ["OfflineModel"]
