"""Which changes are understood from a request, and that nothing else is."""

import pytest

from repertory.nodes.offline.coding.requests import Change, Constant, Default, Guard, Rename, Rounded, read_changes


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("Please rename the function total to sum_up.", Rename("total", "sum_up")),
        ("rename `Cart` to `Basket`", Rename("Cart", "Basket")),
        ("rename the constant VAT into TAX", Rename("VAT", "TAX")),
        ("rename total in shop/cart.py to sum_up", Rename("total", "sum_up")),
        ("Give the parameter p of f a default of 3", Default("f", "p", "3")),
        ("give size of the function draw() the default value 'big'", Default("draw", "size", "'big'")),
        ("make p of f default to none", Default("f", "p", "None")),
        ("set the default of p in f to -1.5", Default("f", "p", "-1.5")),
        (
            "Make f raise ValueError when p is negative.",
            Guard("f", "p < 0", "raise", "ValueError", "p must not be negative", "p"),
        ),
        (
            'make f raise a KeyError with the message "no such p" if p is empty',
            Guard("f", "not p", "raise", "KeyError", "no such p"),
        ),
        (
            "make f raise an error when count is at least 10",
            Guard("f", "count >= 10", "raise", "ValueError", "count must be less than 10", "count", free=True),
        ),
        (
            "make f reject a negative quantity",
            Guard("f", "quantity < 0", "raise", "ValueError", "quantity must not be negative", "quantity", free=True),
        ),
        ("make f return 0 when the items are empty", Guard("f", "not items", "return", "0")),
        ("make f return None if `a > b`", Guard("f", "a > b", "return", "None")),
        ("make mean return 0.0 for empty values", Guard("mean", "not values", "return", "0.0")),
        ("Change the constant VAT to 0.21", Constant("VAT", "0.21")),
        ("change the constant VAT in `tax.py` to 0.21", Constant("VAT", "0.21")),
        ("set the value of LIMIT from 3 to 5", Constant("LIMIT", "5")),
        ("change the constant NAMES to ('a', 'b')", Constant("NAMES", "('a', 'b')")),
        ("Round the result of total to 2 digits", Rounded("total", 2)),
        ("round the return value of the function f to three decimal places", Rounded("f", 3)),
    ],
)
def test_a_request_is_understood(text: str, change: Change) -> None:
    """Each kind, in several wordings, with values as Python writes them."""
    assert read_changes(text) == [change]


def test_several_requests_in_one_text_come_in_its_order() -> None:
    """Joined by `and`, or in sentences of their own."""
    text = "Round the result of total to 2 digits and rename total to sum_up. Then change the constant VAT to 0.07."
    assert read_changes(text) == [Rounded("total", 2), Rename("total", "sum_up"), Constant("VAT", "0.07")]


@pytest.mark.parametrize(
    "text",
    [
        "rename sales.csv to old.csv",
        "make the report shorter",
        "make f faster",
        "make f raise ValueError when the moon is full",
        "change the constant VAT to )(",
        "round the table",
        "write a function that sorts names",
    ],
)
def test_what_is_something_else_is_not_guessed(text: str) -> None:
    """Files, vague wishes, conditions that are no Python."""
    assert read_changes(text) == []


def test_several_renamings_of_one_sentence() -> None:
    """What is named with its kind after `and` is renamed, too; not in another sentence, or after another verb."""
    both = [Rename("total", "sum_up"), Rename("VAT", "TAX")]
    assert read_changes("Rename the function total to sum_up and the constant VAT in tax.py to TAX") == both
    assert read_changes("Rename total to sum_up. Send Ann and the class Basket to me") == both[:1]
