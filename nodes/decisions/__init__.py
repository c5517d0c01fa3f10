"""Decisions: the policy, what a person is shown, and what a person may answer."""
