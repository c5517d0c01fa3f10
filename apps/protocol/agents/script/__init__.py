"""What the conformance agent is told to do, what it can do, and how it asks."""
