"""The script for a real model, run against a loopback server."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.choosing import main
from benchmarks.hierarchies import hierarchy_of, tools_below
from benchmarks.skills import all_skills
from tests.openai_server import Answer, OpenAIServer, Refused

ROLES = ["baker", "cook", "dyer", "miller", "potter", "tailor", "weaver"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    library = [
        {
            "id": f"x/{role}",
            "role": role,
            "description": f"Use when somebody wants something that only a {role} can do.",
            "tags": ["trade"],
        }
        for role in ROLES
    ]
    (tmp_path / "agent_library.json").write_text(json.dumps(library))
    (tmp_path / "queries_in.tsv").write_text("".join(f"I want what the {role} makes\tx/{role}\n" for role in ROLES))
    return tmp_path


class Chooser:
    """Chooses right, but that a flat agent always misses what the last three make, and a hierarchy the first."""

    def __init__(self, data: Path) -> None:
        self.skills = all_skills(data)
        self.delegates = hierarchy_of(self.skills, 3).delegates

    def __call__(self, request: dict[str, Any]) -> Answer:
        if any(message["role"] == "tool" for message in request["messages"]):
            return "done"
        text, offered = request["messages"][1]["content"], {tool["function"]["name"] for tool in request["tools"]}
        wanted = next(skill for skill in self.skills if f"the {skill.role} makes" in text)
        if "delegate" in offered:
            to = next(agent.name for agent in self.delegates if wanted.tool in tools_below(agent))
            return [("delegate", {"to": to, "message": text})]
        missed = ROLES[-3:] if len(offered) == len(ROLES) else ROLES[:1]
        tool = min(offered - {wanted.tool}) if wanted.role in missed else wanted.tool
        return [(tool, {"request": text})]


def call(data: Path, server: OpenAIServer, *arguments: str) -> int:
    environ = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": server.key or ""}
    options = ["--model", "openai:test-model", "--skills", "7", "--fan", "3", "--data", str(data), *arguments]
    return main(options, environ)


def test_it_reports_how_often_each_chose_right(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Shares, their difference, calls and what is not shown, of real runs over the wire."""
    with OpenAIServer(Chooser(data)) as server:
        assert call(data, server) == 0
    out = capsys.readouterr().out
    assert "7 skills, 7 queries" in out
    assert "4 of 7 = 57% (95 %: 25% to 84%)" in out
    assert "6 of 7 = 86% (95 %: 49% to 97%)" in out
    assert "only flat right 1, only the hierarchy 3" in out
    assert "No difference was shown" in out
    calls = next(line for line in out.splitlines() if line.startswith("model calls"))
    assert calls.split()[-2:] == ["2.0", "4.0"]
    tokens = next(line for line in out.splitlines() if line.startswith("prompt tokens"))
    assert all(float(number) > 0 for number in tokens.split()[-2:])
    assert "What this does not show" in out


def test_a_run_that_fails_counts_and_does_not_end_the_others(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One flat request is refused for good: that is one failed run, and not a right one."""
    chooser = Chooser(data)

    def refusing(request: dict[str, Any]) -> Answer:
        refused = "cook makes" in str(request["messages"]) and len(request["tools"]) == len(ROLES)
        return Refused(400) if refused else chooser(request)

    with OpenAIServer(refusing) as server:
        assert call(data, server) == 0
    out = capsys.readouterr().out
    assert "3 of 7" in out
    assert next(line for line in out.splitlines() if line.startswith("failed")).split() == ["failed", "1", "0"]


def test_a_wrong_key_costs_one_call(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first query is asked alone; the server's refusal ends the script with the reason."""
    with OpenAIServer(Chooser(data)) as server:
        environ = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-wrong"}
        assert main(["--model", "openai:test-model", "--skills", "7", "--data", str(data)], environ) == 1
    assert "key" in capsys.readouterr().err.lower()
    assert len(server.refusals) == 1


CASES = {
    "offline": (["--model", "offline"], {}, "say nothing about"),
    "no key": (["--model", "openai:gpt-5.1"], {}, "OPENAI_API_KEY"),
    "no such provider": (["--model", "acme:one"], {}, "'acme'"),
    "no data": (["--model", "offline", "--data", "nowhere"], {}, "--data"),
    "no queries": (["--model", "offline", "--queries", "0"], {}, "--queries"),
    "too many skills": (["--model", "offline", "--skills", "8"], {}, "there are 7"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_would_mean_nothing_is_not_run(case: str, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, with the reason and the remedy, before any call."""
    arguments, environ, said = CASES[case]
    assert main(["--data", str(data), "--skills", "7", *arguments], environ) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_openai_is_not_asked_with_more_tools_than_it_takes(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The flat agent could not be asked at all; the script says so before it asks anybody."""
    (data / "agent_library.json").unlink()  # then there are 320 made-up skills
    (data / "queries_in.tsv").write_text(f"x\t{all_skills(data / 'nowhere')[0].id}\n")
    more = ["--model", "openai:gpt-5.1", "--data", str(data), "--skills", "129"]
    assert main(more, {"OPENAI_API_KEY": "sk-none"}) == 2
    assert "at most 128" in capsys.readouterr().err


def test_anyway_runs_offline_and_says_what_that_means(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report says that it means nothing about models."""
    assert main(["--model", "offline", "--anyway", "--skills", "7", "--fan", "3", "--data", str(data)], {}) == 0
    assert "mean nothing about models" in capsys.readouterr().out
