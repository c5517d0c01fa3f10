# ruff: noqa: PT009 - run by unittest, which tells both values only in its own assertions
"""What orders cost."""

import unittest

from orders.pricing import VAT, gross_total, line_total, net_total, shipping


class Pricing(unittest.TestCase):
    """Prices before and after tax."""

    def test_a_line_is_price_times_quantity(self) -> None:
        """Nothing else counts."""
        self.assertEqual(line_total(2.5, 4), 10.0)

    def test_a_discount_is_taken_from_all_lines(self) -> None:
        """A tenth of the sum."""
        self.assertAlmostEqual(net_total([(10.0, 1), (5.0, 2)], 0.1), 18.0)

    def test_large_orders_are_sent_free(self) -> None:
        """From fifty on."""
        self.assertEqual(shipping(50.0), 0.0)
        self.assertGreater(shipping(49.99), 0.0)

    def test_tax_is_on_everything(self) -> None:
        """On shipping as well."""
        self.assertAlmostEqual(gross_total([(10.0, 1)], 0.0), (10.0 + shipping(10.0)) * (1 + VAT), places=2)
