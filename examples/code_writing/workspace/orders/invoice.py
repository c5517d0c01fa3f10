"""Invoices as text."""

from orders import pricing
from orders.pricing import line_total


def invoice(lines: list[tuple[str, float, int]], discount: float) -> str:
    """An invoice: a line for each item (name, price, quantity), and what is to be paid."""
    rows = [f"{name}: {line_total(price, quantity):.2f}" for name, price, quantity in lines]
    priced = [(price, quantity) for _, price, quantity in lines]
    return "\n".join([*rows, f"To pay: {pricing.gross_total(priced, discount):.2f}"])
