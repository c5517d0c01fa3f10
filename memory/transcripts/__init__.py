"""Transcripts: a run as one JSON document, from which it can be rebuilt, moved, cut, changed and compared."""
