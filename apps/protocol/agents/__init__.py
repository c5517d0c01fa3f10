"""The agents that can be served: the planner, and the scripted one for checks. `agent` says what is asked of one."""
