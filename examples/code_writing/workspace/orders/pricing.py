"""What orders cost."""

from collections.abc import Iterable

VAT = 0.19
FREE_SHIPPING_FROM = 50.0
SHIPPING = 4.9


def line_total(price: float, quantity: int) -> float:
    """Price of one line of an order, before tax."""
    return price * quantity


def net_total(lines: Iterable[tuple[float, int]], discount: float) -> float:
    """Price of all lines, each (price, quantity), less a discount (0 to 1), before tax."""
    return sum(line_total(price, quantity) for price, quantity in lines) * (1 - discount)


def shipping(net: float) -> float:
    """What sending the order costs."""
    if net >= FREE_SHIPPING_FROM:
        return 0.0
    return SHIPPING


def gross_total(lines: Iterable[tuple[float, int]], discount: float) -> float:
    """What the customer pays: tax and shipping included."""
    net = net_total(lines, discount)
    return (net + shipping(net)) * (1 + VAT)
