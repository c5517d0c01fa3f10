"""The same model calls without a framework: the openai client and asyncio, prompts as one writes them by hand.

No validation, no repair of bad answers, no persistence, no approval, no memory: a lower bound, not a product.
"""

import asyncio
import json
from typing import Any

from benchmarks.answers import REPORT
from benchmarks.server import KEY, MODEL

_PLAN = """You are a planner. Break the task into as few steps as do it well. A step is done by an agent, for which you
give a role and tools, or by one tool called directly with arguments known now. Steps run in parallel as soon as the
steps that they need are done. A step sees its instruction and the results of its needs only. The tools are:
{tools}"""
_DRAFT = """Write the system prompt of each agent: who it is, how it works, what its result must contain, and what it
must not do. Two to six sentences each, in the second person."""
_REFLECT = """Review these drafts of system prompts: is the role clear, is it plain when the work is done, can it be
misread, does it invite invention? Return only the drafts that you can make better, with the weakness of each."""
_REPORT = f"""{REPORT}. Answer the task from the results, directly and completely; name what is missing, and add
nothing that is not in the results."""


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TEXT = {"type": "string"}
_ARGUMENT = _object(name=_TEXT, value={"type": ["string", "number", "boolean", "null"]})
_STEP = _object(
    id=_TEXT,
    instruction=_TEXT,
    needs=_array(_TEXT),
    expected=_TEXT,
    role=_TEXT,
    tools=_array(_TEXT),
    tool={"type": ["string", "null"]},
    arguments=_array(_ARGUMENT),
)
_SCHEMAS = {
    "plan": _object(steps=_array(_STEP)),
    "drafts": _object(prompts=_array(_object(agent=_TEXT, prompt=_TEXT))),
    "review": _object(revisions=_array(_object(agent=_TEXT, weakness=_TEXT, prompt=_TEXT))),
}


class Bare:
    """The bare client.

    Args:
        base_url: of the loopback server.
        tools: the catalogue of tools that the planner is shown, a line each.
    """

    name = "bare"

    def __init__(self, base_url: str, tools: str) -> None:
        from openai import AsyncOpenAI

        self._client = AsyncOpenAI(base_url=base_url, api_key=KEY)
        self._tools = tools

    async def run(self, task: str) -> str:
        """Plan, draft, reflect, perform each step the moment its needs are done, and report."""
        drafted = await self._ask(_PLAN.format(tools=self._tools), f"<task>\n{task}\n</task>", "plan")
        steps = {step["id"]: step for step in json.loads(drafted)["steps"]}
        prompts = await self._prompts(list(steps.values()))
        tasks: dict[str, asyncio.Task[str]] = {}

        async def perform(step: dict[str, Any]) -> str:
            needed = [f'<data from="{need}">\n{await tasks[need]}\n</data>' for need in step["needs"]]
            text = "\n".join([f"<instruction>\n{step['instruction']}\n</instruction>", *needed])
            return await self._ask(prompts[step["role"]], text)

        for id_, step in steps.items():
            tasks[id_] = asyncio.create_task(perform(step))
        results = [f'<data from="{id_}">\n{await done}\n</data>' for id_, done in tasks.items()]
        return await self._ask(_REPORT, "\n".join([f"<task>\n{task}\n</task>", *results]))

    async def _prompts(self, steps: list[dict[str, Any]]) -> dict[str, str]:
        """A system prompt for each role."""
        names = {role: f"agent_{n}" for n, role in enumerate(dict.fromkeys(step["role"] for step in steps))}
        agents = [f"- {name} ({role})" for role, name in names.items()]
        work = [f"  {names[step['role']]} does: {step['instruction']}" for step in steps]
        drafted = await self._ask(_DRAFT, "\n".join([*agents, *work]), "drafts")
        drafts = {draft["agent"]: draft["prompt"] for draft in json.loads(drafted)["prompts"]}
        shown = [f"- {name} ({role}): {drafts[name]}" for role, name in names.items()]
        reviewed = await self._ask(_REFLECT, "\n".join(shown), "review")
        drafts |= {revision["agent"]: revision["prompt"] for revision in json.loads(reviewed)["revisions"]}
        return {role: drafts[name] for role, name in names.items()}

    async def _ask(self, system: str, text: str, schema: str = "") -> str:
        messages: Any = [{"role": "system", "content": system}, {"role": "user", "content": text}]
        form: Any = {"name": schema, "schema": _SCHEMAS.get(schema), "strict": True}
        extra: Any = {"response_format": {"type": "json_schema", "json_schema": form}} if schema else {}
        answer = await self._client.chat.completions.create(model=MODEL, messages=messages, **extra)
        return answer.choices[0].message.content or ""
