"""Write the schema of transcripts: `python docs/transcript_schema.py`."""

import json
from pathlib import Path

from repertory.memory.transcripts.files import transcript_schema


def main() -> None:
    """Write it beside this file."""
    text = json.dumps(transcript_schema(), indent=2, ensure_ascii=False) + "\n"
    (Path(__file__).parent / "transcript.schema.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
