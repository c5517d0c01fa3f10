"""The nodes of a persona: propose, review, act, and how it speaks and ends."""
