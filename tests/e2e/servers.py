"""Private PostgreSQL and Redis servers for tests: a temporary folder, a unix socket and a loopback port of their own.

    with PrivateRedis() as redis, PrivatePostgres() as postgres:
        ... redis.url ... postgres.fresh_database() ...
        postgres.pause(); postgres.resume(); redis.kill(); redis.start()

A server that runs already is never touched: everything is found by its folder, which is made here. Whoever is root runs
them as nobody. When the test dies, however it dies, a watchdog ends the servers and takes the folder away.

Started by hand as `servers.py watch FOLDER` it is that watchdog.
"""

import glob
import itertools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

DEADLINE_S = 60


class NotInstalled(Exception):
    """The server's programs are not on this machine; says which."""


def processes_in(folder):
    """The ids of all processes that stand in this folder, which is where our servers run and nobody else does."""
    found = []
    for link in glob.glob("/proc/[0-9]*/cwd"):
        try:
            here = os.readlink(link)
        except OSError:
            continue
        # A folder that is gone keeps its name with a note behind it.
        if (here + "/").startswith(folder + "/"):
            found.append(int(link.split("/")[2]))
    return found


def send(process, number):
    try:
        os.kill(process, number)
    except ProcessLookupError:
        pass


def wait_for(condition, what, deadline_s=DEADLINE_S):
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {deadline_s} s for {what}")
        time.sleep(0.01)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def remove(folder):
    subprocess.run(["umount", "-l", os.path.join(folder, "small")], capture_output=True, check=False)
    shutil.rmtree(folder, ignore_errors=True)


class PrivateServer:
    """What the two have in common. `disk_mib`: the data stand on a disk of that size (root only)."""

    kind = ""

    def __init__(self, disk_mib=0):
        self.process = None
        self.port = 0
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix=f"dcx-{self.kind}-"))
        self._guard = self._watch()
        self._own(self.folder)
        self.data = os.path.join(self.folder, "data")
        if disk_mib:
            self.data = os.path.join(self.folder, "small")
            os.mkdir(self.data)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={disk_mib}m,mode=700", "tmpfs", self.data], check=True)
        else:
            os.mkdir(self.data, 0o700)
        self._own(self.data)
        self.log = os.path.join(self.folder, "log")

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    # Life ----------------------------------------------------------------------------------------------------------

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        """Until it answers. Later starts have the port of the first, and the data."""
        assert not self.running, "it runs already"
        wait_for(lambda: not processes_in(self.folder), "the processes of the last start to end")
        for attempt in range(10):
            if not self.port or attempt:
                self.port = free_port()
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(self._command(), cwd=self.data, stdin=subprocess.DEVNULL, stdout=log,
                                                stderr=log, start_new_session=True, **self._as_user())
            wait_for(lambda: not self.running or self._answers(), f"{self.kind} to answer")
            if self.running:
                return
            # Somebody may have taken the port in between.
            if "ddress already in use" not in self.log_text():
                break
        raise RuntimeError(f"{self.kind} does not start:\n{self.log_text()[-2000:]}")

    def stop(self):
        """As an administrator would."""
        if self.running:
            self.resume()
            self.process.send_signal(self._stop_signal)
            try:
                self.process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.kill()
        wait_for(lambda: not processes_in(self.folder), "the server to end")

    def kill(self):
        """kill -9 of all its processes at once."""
        for process in processes_in(self.folder):
            send(process, signal.SIGKILL)
        if self.process:
            self.process.wait()
        wait_for(lambda: not processes_in(self.folder), "the killed server to end")

    def pause(self):
        """SIGSTOP: connections stand, nothing answers."""
        for process in processes_in(self.folder):
            send(process, signal.SIGSTOP)

    def resume(self):
        for process in processes_in(self.folder):
            send(process, signal.SIGCONT)

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        self.kill()
        remove(self.folder)
        os.close(self._guard)

    def log_text(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    # The small disk ------------------------------------------------------------------------------------------------

    def fill_disk(self):
        """Not one block is left on a disk made with `disk_mib`."""
        with open(os.path.join(self.data, "filler"), "wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    def free_disk(self):
        os.unlink(os.path.join(self.data, "filler"))

    # How ------------------------------------------------------------------------------------------------------------

    _stop_signal = signal.SIGTERM

    def _watch(self):
        """Starts the watchdog; it acts when the returned descriptor is closed, by us or by our end."""
        reading, writing = os.pipe()
        # It leaves our session and our descendants, so that who ends those leaves it.
        subprocess.run([sys.executable, os.path.abspath(__file__), "watch", self.folder], stdin=reading,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, check=True)
        os.close(reading)
        return writing

    def _own(self, path):
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def _as_user(self):
        if not self.user:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def _command(self):
        raise NotImplementedError

    def _answers(self):
        raise NotImplementedError


class PrivatePostgres(PrivateServer):
    """A cluster of its own with the superuser dcx. Whoever reaches the unix socket needs no password, over TCP one does.

    `settings`: more lines of postgresql.conf, as a dictionary. With `disk_mib` the log of its changes stands outside of the
    small disk: a full disk is an error that it survives, not its end.
    """

    kind = "postgres"
    _stop_signal = signal.SIGINT  # "fast": open connections are ended
    _numbers = itertools.count(1)

    @staticmethod
    def programs():
        folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda f: int(f.split("/")[4]))
        for folder in reversed(folders):
            if os.access(os.path.join(folder, "initdb"), os.X_OK):
                return folder
        if shutil.which("initdb"):
            return os.path.dirname(shutil.which("initdb"))
        raise NotInstalled("PostgreSQL's server is not installed (package postgresql-15)")

    def __init__(self, settings=None, disk_mib=0):
        self.bin = self.programs()
        super().__init__(disk_mib)
        self.password = secrets.token_hex(8)
        password_file = os.path.join(self.folder, "password")
        with open(password_file, "w", encoding="utf-8") as file:
            file.write(self.password)
        self._own(password_file)
        subprocess.run([os.path.join(self.bin, "initdb"), "--pgdata", os.path.join(self.data, "cluster"), "--waldir",
                        os.path.join(self.folder, "wal"), "--username", "dcx", "--pwfile", password_file, "--auth-local",
                        "trust", "--auth-host", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"],
                       cwd=self.folder, stdout=subprocess.DEVNULL, check=True, **self._as_user())
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder, **(settings or {})}
        with open(os.path.join(self.data, "cluster", "postgresql.conf"), "a", encoding="utf-8") as file:
            for name, value in settings.items():
                file.write(f"{name} = '{value}'\n")

    @property
    def url(self):
        return self.url_of("postgres")

    def url_of(self, database):
        """Over the unix socket."""
        return f"postgresql://dcx@/{database}?host={self.folder}&port={self.port}"

    def tcp_url_of(self, database, password=None):
        return f"postgresql://dcx:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def fresh_database(self):
        """The URL of an empty database that nobody has used yet."""
        name = f"dcx_{os.getpid()}_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url_of(name)

    def sql(self, text, url=None):
        """What psql prints, a row a line, columns separated by '|'."""
        done = subprocess.run([os.path.join(self.bin, "psql"), "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", text,
                               url or self.url], capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        if done.returncode:
            raise RuntimeError(f"{text}: {done.stderr}")
        return done.stdout.rstrip("\n")

    def _command(self):
        return [os.path.join(self.bin, "postgres"), "-D", os.path.join(self.data, "cluster"), "-p", str(self.port)]

    def _answers(self):
        return subprocess.run([os.path.join(self.bin, "pg_isready"), "-q", "-h", self.folder, "-p", str(self.port)],
                              check=False).returncode == 0


class PrivateRedis(PrivateServer):
    """Without persistence unless `persistent`: what a restart forgets is then gone. `config`: more options, as a dictionary."""

    kind = "redis"

    def __init__(self, password="", persistent=False, config=None, disk_mib=0):
        if not shutil.which("redis-server"):
            raise NotInstalled("the Redis server is not installed (package redis-server)")
        super().__init__(disk_mib)
        self.password = password
        self.socket = os.path.join(self.folder, "redis.sock")
        # Bound to the connection, so that every user of the machine may come: it is private by its folder.
        self.options = {"bind": "127.0.0.1", "unixsocket": self.socket, "unixsocketperm": "777", "dir": self.data,
                        "save": "", "appendonly": "yes" if persistent else "no", "daemonize": "no"}
        if password:
            self.options["requirepass"] = password
        self.options.update(config or {})

    @property
    def url(self):
        return f"unix://{':' + self.password + '@' if self.password else ''}{self.socket}"

    @property
    def tcp_url(self):
        return f"redis://{':' + self.password + '@' if self.password else ''}127.0.0.1:{self.port}/0"

    def call(self, *command):
        """One command over a connection of its own: None, an int, text, or a list of these. An error is a RuntimeError."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(DEADLINE_S)
            connection.connect(self.socket)
            with connection.makefile("rwb") as stream:
                if self.password:
                    _write(stream, ("AUTH", self.password))
                    _read(stream)
                _write(stream, command)
                return _read(stream)

    def _command(self):
        # An empty value is written as "".
        words = [[f"--{name}", value] for name, value in self.options.items()]
        return ["redis-server", "--port", str(self.port), *itertools.chain(*words)]

    def _answers(self):
        try:
            return self.call("PING") == "PONG"
        except (OSError, RuntimeError):  # not yet there; still loading
            return False


def _write(stream, words):
    words = [str(word).encode() if not isinstance(word, bytes) else word for word in words]
    stream.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
    stream.flush()


def _read(stream):
    line = stream.readline()
    if not line:
        raise ConnectionError("Redis has closed the connection")
    kind, rest = line[:1], line[1:-2].decode()
    if kind == b"+":
        return rest
    if kind == b"-":
        raise RuntimeError(rest)
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return None if rest == "-1" else stream.read(int(rest) + 2)[:-2].decode()
    return None if rest == "-1" else [_read(stream) for _ in range(int(rest))]


def watch(folder):
    if os.fork():
        return
    os.read(0, 1)
    # PostgreSQL's processes end by themselves without their first one, but not while they are stopped; one more look for
    # those that it was just about to start.
    for _ in range(100):
        left = processes_in(folder)
        for process in left:
            send(process, signal.SIGKILL)
        if not left:
            break
        time.sleep(0.05)
    remove(folder)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "watch":
        sys.exit(__doc__)
    watch(sys.argv[2])
