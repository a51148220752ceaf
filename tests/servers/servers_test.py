"""The private servers of the tests: they run, are killed, paused and started again with what they had, answer to nobody
without the password, run out of disk, and are gone with the test that made them, however that ended."""

import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
# pylint: disable-next=wrong-import-position
from servers import NotInstalled, PrivatePostgres, PrivateRedis, processes_in, wait_for  # noqa: E402


def refused(what, *arguments):
    try:
        what(*arguments)
    except (RuntimeError, OSError) as error:
        return str(error)
    raise AssertionError(f"{arguments} was not refused")


def check_redis():
    with PrivateRedis() as redis:
        redis.call("SET", "a", "1")
        port = redis.port
        redis.kill()
        refused(redis.call, "PING")
        redis.start()
        assert (redis.call("GET", "a"), redis.port) == (None, port), "without persistence it forgets, but not its port"
        redis.restart()
        assert redis.call("PING") == "PONG"
    assert not os.path.exists(redis.folder)
    with PrivateRedis(password="right", persistent=True) as redis:
        redis.call("SET", "a", "1")
        redis.restart()
        assert redis.call("GET", "a") == "1"
        redis.password = "wrong"
        assert "WRONGPASS" in refused(redis.call, "GET", "a")


def check_postgres():
    with PrivatePostgres() as postgres:
        first, second = postgres.fresh_database(), postgres.fresh_database()
        assert first != second
        postgres.sql("CREATE TABLE t AS SELECT 7 AS a", first)
        postgres.kill()
        postgres.start()
        assert postgres.sql("SELECT a FROM t", first) == "7"
        assert postgres.sql("SHOW fsync") == "on"
        assert postgres.sql("SELECT current_user", postgres.tcp_url_of("postgres")) == "dcx"
        assert "password" in refused(postgres.sql, "SELECT 1", postgres.tcp_url_of("postgres", "wrong"))
        postgres.pause()
        postgres.resume()
        postgres.restart()
        assert postgres.sql("SELECT a FROM t", first) == "7"
    assert not os.path.exists(postgres.folder)


def check_full_disk():
    if os.geteuid() != 0:
        print("not looked at: a small disk, which needs root")
        return
    with PrivatePostgres(disk_mib=120) as postgres:
        postgres.fill_disk()
        refused(postgres.sql, "CREATE TABLE t AS SELECT generate_series(1, 1000000)")
        postgres.free_disk()
        postgres.sql("CREATE TABLE t AS SELECT generate_series(1, 10)")
        assert postgres.running and postgres.sql("SELECT count(*) FROM t") == "10"
    assert not os.path.exists(postgres.folder)


def check_gone_with_the_test():
    """A test that is killed, with a server that is stopped."""
    program = ("import sys; sys.path.insert(0, sys.argv[1]); from servers import *; import time\n"
               "a = PrivateRedis(); a.start(); b = PrivatePostgres(); b.start(); b.pause()\n"
               "print(a.folder, b.folder, flush=True); time.sleep(1000)")
    with subprocess.Popen([sys.executable, "-c", program, os.path.join(HERE, "..", "e2e")], stdout=subprocess.PIPE,
                          text=True) as test:
        folders = test.stdout.readline().split()
        assert len(folders) == 2 and all(processes_in(folder) for folder in folders)
        test.kill()
    for folder in folders:
        wait_for(lambda folder=folder: not os.path.exists(folder), f"{folder} to be gone")
        assert not processes_in(folder)


def check_runner():
    runner = os.path.join(HERE, "with_servers.py")
    look = "import os; print(os.environ['DCX_STORE_KIND'], os.environ['DCX_STORE_URL'] == os.environ['DCX_POSTGRES_URL'])"
    done = subprocess.run([runner, "--store", "postgresql", "postgres", "--", sys.executable, "-c", look + "; os._exit(7)"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 7, done
    done = subprocess.run([runner, "--store", "postgresql", "postgres", "--", sys.executable, "-c", look],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "postgresql True\n"), done
    assert subprocess.run([runner, "mysql", "--", "true"], capture_output=True, check=False).returncode == 2


def main():
    begin = time.monotonic()
    try:
        PrivatePostgres.programs()
        check_redis()
    except NotInstalled as missing:
        print(f"SKIPPED: {missing}")
        return
    check_postgres()
    check_full_disk()
    check_gone_with_the_test()
    check_runner()
    print(f"all as it should be, {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
