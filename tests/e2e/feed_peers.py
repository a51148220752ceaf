"""Clients of the feed that are not ours, as a test starts, asks and ends them: npm's ws and @msgpack/msgpack in Node,
python3-websockets, headless Chromium. Each is `count` followers (tests/peers/follower.mjs, feed_follower.py).

Node's modules are installed from tests/peers/package-lock.json into the build folder, once; where a peer can't be had,
Missing says why."""

import http.server
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse

from npm_modules import REPOSITORY, Missing, modules

SOURCES = os.path.join(REPOSITORY, "tests", "peers")


class Peer:
    """A process that takes commands as lines and answers a report with one line."""

    def __init__(self, name, arguments):
        self.name = name
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def report(self, name, limit):
        """What each follower knows. Must not be asked again before it has answered."""
        self.tell(f"report {name} {int(limit * 1000)}")
        answer = []
        reader = threading.Thread(target=lambda: answer.append(self.process.stdout.readline()), daemon=True)
        reader.start()
        reader.join(limit + 30)
        assert answer and answer[0], f"{self.name} says nothing; its exit code is {self.process.poll()}"
        return json.loads(answer[0])

    def end(self):
        if self.process.poll() is None:
            try:
                self.tell("end")
            except OSError:
                pass
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()


def node(url, count):
    return Peer("Node", ["node", os.path.join(SOURCES, "node_peer.mjs"), modules("peers"), url, str(count)])


def python(url, count):
    return Peer("python3-websockets", [sys.executable, os.path.join(os.path.dirname(__file__), "feed_follower.py"), url, str(count)])


class Browser:
    """Headless Chromium on a page that asks this process for commands."""

    name = "Chromium"

    def __init__(self, url, count):
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None:
            raise Missing("there is no chromium")
        self.commands, self.reports = queue.Queue(), queue.Queue()
        self.folder = tempfile.mkdtemp(prefix="dcx-chromium-")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.pages(modules("peers")))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        query = urllib.parse.urlencode({"url": url, "count": count})
        page = f"http://127.0.0.1:{self.server.server_address[1]}/browser_peer.html?{query}"
        # The sandbox needs a user who is not root; the pages are ours.
        with open(os.path.join(self.folder, "log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update",
                 "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
                 f"--user-data-dir={self.folder}", page], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def pages(self, modules_folder):
        browser = self
        kinds = {".html": "text/html", ".mjs": "text/javascript", ".js": "text/javascript"}

        class Pages(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, code, body=b"", kind="text/plain"):
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                path = urllib.parse.urlparse(self.path).path
                if path == "/command":
                    try:
                        self.answer(200, browser.commands.get(timeout=10).encode())
                    except queue.Empty:
                        self.answer(200, b"none")
                    return
                root, name = (modules_folder, path[9:]) if path.startswith("/modules/") else (SOURCES, path[1:])
                file = os.path.realpath(os.path.join(root, name))
                kind = kinds.get(os.path.splitext(file)[1])
                if kind is None or not file.startswith(os.path.realpath(root) + os.sep) or not os.path.isfile(file):
                    self.answer(404)
                    return
                with open(file, "rb") as content:
                    self.answer(200, content.read(), kind)

            def do_POST(self):
                browser.reports.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.answer(200)

            def log_message(self, *_):
                pass

        return Pages

    def tell(self, command):
        self.commands.put(command)

    def report(self, name, limit):
        self.tell(f"report {name} {int(limit * 1000)}")
        try:
            return self.reports.get(timeout=limit + 60)
        except queue.Empty:
            with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
                raise AssertionError(f"Chromium says nothing ({self.process.poll()}): {log.read()[-2000:]}") from None

    def end(self):
        self.tell("end")
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)


KINDS = {"node": node, "python": python, "browser": Browser}
