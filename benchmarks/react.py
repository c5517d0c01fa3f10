"""What a user would pick instead: one LangGraph agent with all the tools."""

import warnings
from typing import Any

from benchmarks.server import KEY, MODEL
from repertory.nodes.tools.toolbox import Tool, Toolbox


class React:
    """The prebuilt ReAct agent of LangGraph.

    Args:
        base_url: of the loopback server.
        toolbox: all its tools.
    """

    name = "ReAct"

    def __init__(self, base_url: str, toolbox: Toolbox) -> None:
        from langchain_openai import ChatOpenAI
        from langgraph.prebuilt import create_react_agent

        model = ChatOpenAI(model=MODEL, base_url=base_url, api_key=KEY)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it moved to langchain's package, which is not needed for anything else
            self._graph: Any = create_react_agent(model, [_as_langchain(tool) for tool in toolbox])

    async def run(self, task: str) -> str:
        """Have the agent do the task."""
        prompt = ("system", "You are a helpful assistant. Use the tools to do the task, then answer it.")
        out = await self._graph.ainvoke({"messages": [prompt, ("user", task)]})
        return str(out["messages"][-1].content)


def _as_langchain(tool: Tool) -> Any:
    from langchain_core.tools import StructuredTool

    async def call(**arguments: Any) -> str:
        return (await tool.run(arguments)).text

    return StructuredTool.from_function(
        coroutine=call, name=tool.name, description=tool.description, args_schema=tool.parameters
    )
