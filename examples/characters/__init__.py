"""Character dialogue: what is said and how it is said are the work of two personas, managed by a model or by code."""

from examples.characters.characters import ORCHESTRATIONS, Sheet, cast, character, dialogue, single_prompt

__all__ = ["ORCHESTRATIONS", "Sheet", "cast", "character", "dialogue", "single_prompt"]
