"""A Hub on this machine: speaks as much of the Hugging Face Hub's protocol as its client needs.

https://huggingface.co/docs/hub/api, and Git LFS for large files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

KEY = "hf_a_key_that_may_write"
_COMMIT = "0" * 39 + "1"


@dataclass
class Hub:
    """What the Hub holds, and what it was asked.

    Attributes:
        files: By kind and name of a repository, its files.
        large: Content by its SHA-256: what has arrived, committed or not.
        received: How often each large content was sent.
        requests: Method and path of each.
        status: What every request is answered; 0 answers them.
        hangs_after: After so many large files, the next one is never answered.
        owner: Whose key `KEY` is.
        address: Where it listens.
    """

    files: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    status: int = 0
    hangs_after: int = 10**6
    owner: str = "ada"
    address: str = ""


@contextmanager
def running_hub() -> Iterator[Hub]:
    """Gives a Hub that owns nothing yet, on a free port."""
    hub = Hub()

    class Handler(_Handler):
        state = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: ClassVar[Hub]

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer("GET")

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        hub, path = self.state, self.path.split("?")[0]
        hub.requests.append(f"{method} {path}")
        if method == "PUT":
            self._take_large(path)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if hub.status:
            self._say({"error": "so it is"}, hub.status)
        elif method == "POST":
            self._post(path, body)
        else:
            self._get(method, path)

    def _may_write(self, owner: str) -> bool:
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            self._say({"error": "Invalid username or password."}, 401)
            return False
        if owner != self.state.owner:
            self._say({"error": f"You don't have the rights to write under {owner}"}, 403)
            return False
        return True

    def _post(self, path: str, body: bytes) -> None:
        hub = self.state
        if path == "/api/validate-yaml":
            self._say({"errors": [], "warnings": []})
        elif path == "/api/repos/create":
            asked = json.loads(body)
            owner = asked.get("organization") or hub.owner
            if self._may_write(owner):
                key = asked.get("type", "model"), f"{owner}/{asked['name']}"
                known = key in hub.files
                hub.files.setdefault(key, {})
                place = f"spaces/{key[1]}" if key[0] == "space" else key[1]
                answer = {"url": f"{hub.address}/{place}", "name": key[1], "id": key[1]}
                self._say(answer, 409 if known else 200)
        elif found := re.fullmatch(r"/api/(\w+)s/([^/]+/[^/]+)/preupload/main", path):
            if self._may_write(found[2].split("/")[0]):
                files = json.loads(body)["files"]
                self._say({"files": [_mode(one) for one in files]})
        elif found := re.fullmatch(r"/(?:spaces/)?([^/]+/[^/]+)\.git/info/lfs/objects/batch", path):
            self._say({"transfer": "basic", "objects": self._batch(json.loads(body)["objects"])})
        elif path == "/verify":
            self._say({})
        elif found := re.fullmatch(r"/api/(\w+)s/([^/]+/[^/]+)/commit/main", path):
            if self._may_write(found[2].split("/")[0]):
                self._commit(found[1], found[2], body)
        else:
            self._say({"error": f"unknown: POST {path}"}, 501)

    def _batch(self, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        hub, answers = self.state, []
        for one in objects:
            answer = {"oid": one["oid"], "size": one["size"]}
            if one["oid"] not in hub.large:
                href = {"href": f"{hub.address}/large/{one['oid']}"}
                answer["actions"] = {"upload": href, "verify": {"href": f"{hub.address}/verify"}}
            answers.append(answer)
        return answers

    def _take_large(self, path: str) -> None:
        hub, oid = self.state, path.rsplit("/", 1)[1]
        length = int(self.headers["Content-Length"])
        content = self.rfile.read(length)
        if len(hub.received) >= hub.hangs_after:
            self.connection.recv(1)  # until who sends it is dead
            return
        assert hashlib.sha256(content).hexdigest() == oid
        hub.received[oid] = hub.received.get(oid, 0) + 1
        hub.large[oid] = content
        self._say({})

    def _commit(self, kind: str, name: str, body: bytes) -> None:
        files = self.state.files[kind, name]
        for line in body.decode().splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                files[value["path"]] = self.state.large[value["oid"]]
        self._say(
            {"commitUrl": f"{self.state.address}/{name}/commit/{_COMMIT}", "commitOid": _COMMIT}
        )

    def _get(self, method: str, path: str) -> None:
        hub = self.state
        if path == "/api/whoami-v2":
            if self._may_write(hub.owner):
                self._say({"name": hub.owner, "type": "user", "orgs": [{"name": "a-team"}]})
        elif found := re.fullmatch(r"/api/(\w+)s/([^/]+/[^/]+)(/revision/main)?", path):
            files = hub.files.get((found[1], found[2]))
            if files is None:
                self._missing("RepoNotFound")
                return
            siblings = [{"rfilename": file} for file in files]
            self._say({"id": found[2], "sha": _COMMIT, "siblings": siblings, "tags": []})
        elif found := re.fullmatch(r"/api/(\w+)s/([^/]+/[^/]+)/tree/[^/]+", path):
            files = hub.files.get((found[1], found[2]), {})
            listed = [
                {"type": "file", "path": file, "size": len(content), "oid": "0"}
                for file, content in files.items()
            ]
            self._say(listed)
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path):
            files = hub.files.get(("model", found[1]))
            if files is None or found[2] not in files:
                self._missing("RepoNotFound" if files is None else "EntryNotFound")
                return
            content = files[found[2]]
            etag = hashlib.sha256(content).hexdigest()
            self._send(content, {"ETag": f'"{etag}"', "X-Repo-Commit": _COMMIT}, method=method)
        else:
            self._say({"error": f"unknown: GET {path}"}, 501)

    def _missing(self, code: str) -> None:
        self._send(b"{}", {"X-Error-Code": code, "X-Error-Message": "not here"}, 404)

    def _say(self, answer: Any, status: int = 200) -> None:
        said = {"Content-Type": "application/json"}
        if status >= 400 and isinstance(answer, dict) and "error" in answer:
            said["X-Error-Message"] = answer["error"]
        self._send(json.dumps(answer).encode(), said, status)

    def _send(
        self, content: bytes, headers: dict[str, str], status: int = 200, method: str = "GET"
    ) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        if method != "HEAD" and self.command != "HEAD":
            self.wfile.write(content)


def _mode(file: dict[str, Any]) -> dict[str, Any]:
    large = file["path"].endswith((".safetensors", ".jpg")) or file["size"] > 10**7
    mode = "lfs" if large else "regular"
    return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": None}
