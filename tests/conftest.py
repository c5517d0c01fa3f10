"""Settings of all tests, made before LangGraph is imported."""

import os
import signal

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"  # what a checkpointer was not told of must not pass unnoticed

# A shell that starts the tests in the background has them ignore Ctrl-C, and all that they start, too.
signal.signal(signal.SIGINT, signal.default_int_handler)
