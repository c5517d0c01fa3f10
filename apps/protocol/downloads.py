"""Downloads: the bytes of an artifact, whole or a range of them (RFC 9110, sections 13 and 14)."""

import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from repertory.apps.protocol.answers import reply
from repertory.memory.topics.files import ArtifactFiles
from repertory.memory.topics.records import TopicArtifact

_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,100})-([0-9]{0,100})\s*", re.IGNORECASE)
_UNSAFE = re.compile(r'[^ -~]|["\\%]')


async def download(request: Request, artifact: TopicArtifact, files: ArtifactFiles) -> Response:
    """The answer to a GET or HEAD: as a stream, of which one block is in memory, and never with an open file.

    One range is answered alone; several at once, and what is no range, with the whole. An artifact never changes, so
    its hash is its entity tag.

    Raises:
        ResourceError: the bytes are not there.
    """
    tag = f'"{artifact.sha256}"'
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": disposition(artifact.file_name),
    }
    if _is_known(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    start, end = 0, artifact.size
    status = 200
    found = _range(request, artifact.size, tag)
    if found is not None:
        start, end = found
        if start >= end:
            said = f"there are no such bytes: the file has {artifact.size}; ask for a range within, or for the whole"
            told = {"ETag": tag, "Content-Range": f"bytes */{artifact.size}"}
            return reply({"message": said, "code": "no_range"}, 416, told)
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{artifact.size}"
    headers["Content-Length"] = str(end - start)
    blocks = await files.open(artifact.sha256, start, end)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type="application/octet-stream")
    return StreamingResponse(blocks, status_code=status, headers=headers, media_type="application/octet-stream")


def disposition(file_name: str) -> str:
    """The value of `Content-Disposition` that saves a file under its name, whatever it is (RFC 6266 and 8187)."""
    plain = _UNSAFE.sub("_", file_name)
    value = f'attachment; filename="{plain}"'
    return value if plain == file_name else f"{value}; filename*=UTF-8''{quote(file_name, safe='', errors='replace')}"


def _is_known(if_none_match: str | None, tag: str) -> bool:
    """Whether the client has these bytes already. Tags of artifacts have no commas in them."""
    if if_none_match is None:
        return False
    tags = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return tag in tags or tags == ["*"]


def _range(request: Request, size: int, tag: str) -> tuple[int, int] | None:
    """Start and end of the one range that is asked for; an empty one if there are no such bytes."""
    if request.method != "GET" or request.headers.get("if-range", tag) != tag:
        return None
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None:
        return None
    first, last = match.groups()
    if first and (not last or int(first) <= int(last)):
        return int(first), min(int(last) + 1 if last else size, size)
    if last and not first:
        return max(size - int(last), 0), size
    return None
