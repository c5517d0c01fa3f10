"""The nodes of a topic: a conversation whose messages are answered or become tasks."""
