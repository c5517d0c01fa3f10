"""Draw the planner's graph into the README: `python docs/picture.py`."""

import re
from pathlib import Path

from langchain_core.language_models.fake_chat_models import FakeListChatModel

from repertory.graphs import Deps, build_planner, given_model


def main() -> None:
    """Replace the picture between the marks."""
    readme = Path(__file__).parent.parent / "README.md"
    drawn = build_planner(Deps(models=given_model(FakeListChatModel(responses=[])))).get_graph().draw_mermaid()
    picture = f"<!-- graph -->\n```mermaid\n{drawn.strip()}\n```\n<!-- /graph -->"
    text = readme.read_text()
    readme.write_text(re.sub(r"<!-- graph -->.*<!-- /graph -->", lambda _: picture, text, flags=re.DOTALL))


if __name__ == "__main__":
    main()
