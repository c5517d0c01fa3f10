# ruff: noqa: PT009 - run by unittest, which tells both values only in its own assertions
"""Invoices as text."""

import unittest

from orders.invoice import invoice


class Invoices(unittest.TestCase):
    """What customers read."""

    def test_an_invoice_has_a_line_for_each_item_and_the_sum(self) -> None:
        """In the order of the items."""
        lines = invoice([("tea", 30.0, 1), ("cup", 10.0, 2)], 0.0).splitlines()
        self.assertEqual(lines, ["tea: 30.00", "cup: 20.00", "To pay: 59.50"])
