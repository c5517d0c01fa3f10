"""The agents that can be served: the planner, and the scripted one that checks are made with."""
