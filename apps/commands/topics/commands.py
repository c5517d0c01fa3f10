"""The commands of `repertory topics`: each does its work at a server, and gives an exit status."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from repertory.apps.client import Client
from repertory.apps.commands.topics import driving
from repertory.apps.commands.topics.shown import Shown
from repertory.apps.status import ERROR, OK
from repertory.memory.errors import InputError
from repertory.memory.topics.entities import ENDED

Command = Callable[[Client, Shown, argparse.Namespace], int]


def at_server(options: argparse.Namespace, command: Command) -> int:
    """Do what a command does at the server that the options name."""
    with Client(options.server, token=options.token) as client:
        return command(client, Shown(as_json=options.json), options)


def _new(client: Client, shown: Shown, options: argparse.Namespace) -> int:
    topic = client.create_topic(name=options.name, input=options.input)
    if shown.lines:
        shown.topic(topic)
    else:
        print(topic.topic_id)  # and nothing else: scripts take it from here
    return OK


def _list(client: Client, shown: Shown, _: argparse.Namespace) -> int:
    for topic in client.list_topics():
        shown.topic(topic)
    return OK


def _show(client: Client, shown: Shown, options: argparse.Namespace) -> int:
    shown.topic(client.get_topic(options.topic))
    for interaction in client.list_interactions(options.topic):
        shown.interaction(interaction)
    for task in client.list_tasks(options.topic):
        shown.task(task)
    for artifact in client.list_artifacts(options.topic):
        shown.artifact(artifact)
    return OK


def _say(client: Client, shown: Shown, options: argparse.Namespace) -> int:
    said = client.create_interaction(
        options.topic, options.text, create_task=options.derive, additional_input=options.additional
    )
    pause = 0.05
    while not said.ended:
        time.sleep(pause)
        pause = min(1.0, pause * 1.5)
        said = client.get_interaction(options.topic, said.interaction_id)
    shown.interaction(said)
    for task_id in said.task_ids if not shown.lines else ():  # a task does nothing by itself
        shown.page.line(f"repertory topics go {options.topic} {task_id}", indent=10, wrap=False)
    return ERROR if said.status == "failed" else OK


def _tasks(client: Client, shown: Shown, options: argparse.Namespace) -> int:
    for task in client.list_tasks(options.topic):
        shown.task(task)
    return OK


def _cancel(client: Client, shown: Shown, options: argparse.Namespace) -> int:
    shown.result(client.cancel_task(options.topic, options.task))
    return OK


def _upload(client: Client, shown: Shown, options: argparse.Namespace) -> int:
    file = Path(options.file).expanduser()
    if not file.is_file():
        raise InputError(f"there is no file {options.file!r}")
    shown.artifact(client.upload(options.topic, file, task_id=options.task, relative_path=options.path))
    return OK


def _download(client: Client, shown: Shown, options: argparse.Namespace) -> int:
    found = (each for each in client.list_artifacts(options.topic) if each.artifact_id == options.artifact)
    artifact = next(found, None)
    if artifact is None:
        raise InputError(
            f"the topic {options.topic!r} has no file {options.artifact!r}; `repertory topics show` lists them"
        )
    own_name = Path(artifact.file_name.replace("\\", "/")).name  # a server may not choose the folder
    file = Path(options.file or own_name or artifact.artifact_id).expanduser()
    if file.exists() and not options.force:
        raise InputError(f"the file {str(file)!r} is there already; name another, or say --force")
    client.download(options.topic, options.artifact, file)
    if shown.lines:
        shown.artifact(artifact)
    else:
        shown.page.pair("file", f"{file} ({file.stat().st_size:,} bytes)")
    return OK


def _watch(client: Client, shown: Shown, options: argparse.Namespace) -> int:
    for event in client.events(options.topic, options.task, after=options.after):
        shown.event(event)
        if options.task and event.event == "task" and event.data["status"] in ENDED:
            break
    return OK


COMMANDS: dict[str, Command] = {
    "new": _new,
    "list": _list,
    "show": _show,
    "say": _say,
    "task": driving.task,
    "tasks": _tasks,
    "go": driving.go,
    "decide": driving.decide,
    "cancel": _cancel,
    "upload": _upload,
    "download": _download,
    "watch": _watch,
}
