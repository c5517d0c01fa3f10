"""Questions that a text has somebody asked."""

import pytest

from repertory.nodes.offline.questions import question_in


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("ask the user which colour they like", "Please say which colour you like."),
        ("Ask me what my name is.", "Please say what your name is."),
        ("Please ask the user for their name and address", "Please give your name and address."),
        ("ask the user to confirm the date", "Please confirm the date."),
        ("Ask the customer about delivery.", "Please tell me about delivery."),
        ("ask the user whether to go on?", "Please say whether to go on."),
        ('ask the user "Which colour?"', "Which colour?"),
        ("ask the user", None),
        ("the task is done", None),
        ("say something", None),
    ],
)
def test_a_question_is_put_to_the_one_who_is_asked(text: str, question: str | None) -> None:
    """As a sentence of its own; what stands in quotes as it stands; none where nothing is asked."""
    assert question_in(text) == question
