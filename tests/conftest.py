"""Settings of all tests, made before LangGraph is imported."""

import os

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"  # what a checkpointer was not told of must not pass unnoticed
