"""Tests, mirroring the source folders, and what they share: a scripted model, a loopback OpenAI server."""
