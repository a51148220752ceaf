"""TLS at order entry and http, met by clients that are not ours: Python's ssl, urllib and openssl s_client; the venue's own
tools, which pin its certificate; starts that are refused; and both backends of src/net by name."""

import os
import socket
import ssl
import subprocess
import urllib.request

from venue import PROGRAM, Venue


def make_certificate(folder, name="tls", days="2"):
    certificate, key = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", days,
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
                    "-out", certificate], check=True, capture_output=True)
    return certificate, key


def configured(backend, certificate, key):
    return f"""sim = false
[net]
backend = "{backend}"
[tls]
certificate = "{certificate}"
key = "{key}"
order_entry = true
http = true
"""


def tool(venue, *arguments):
    return subprocess.run([PROGRAM, *arguments, "--data", venue.data], capture_output=True, text=True, timeout=60, check=False)


def check_order_entry(venue, certificate):
    host, port = venue.ready["order_entry"].rsplit(":", 1)
    believing = ssl.create_default_context(cafile=certificate)
    with socket.create_connection((host, int(port)), timeout=20) as plain:
        with believing.wrap_socket(plain, server_hostname="localhost") as wrapped:
            assert wrapped.version() == "TLSv1.3", wrapped.version()
            # The first words are the venue's: a frame with its challenge.
            head = wrapped.recv(32)
            assert len(head) >= 6 and head[4:6] == b"\x50\xeb", head
    old = ssl.create_default_context(cafile=certificate)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        with socket.create_connection((host, int(port)), timeout=20) as plain:
            old.wrap_socket(plain, server_hostname="localhost")
        raise AssertionError("TLS 1.2 was taken at order entry")
    except ssl.SSLError:
        pass
    # Who speaks plainly hears no challenge: at most an alert, then the end.
    with socket.create_connection((host, int(port)), timeout=20) as plain:
        plain.sendall(b"\x00" * 64)
        heard = b""
        while part := plain.recv(4096):
            heard += part
        assert b"\x50\xeb" not in heard, heard
    shown = subprocess.run(["openssl", "s_client", "-connect", f"{host}:{port}", "-CAfile", certificate, "-brief",
                            "-verify_return_error"], input="", capture_output=True, text=True, errors="replace", timeout=30, check=False)
    assert "Verification: OK" in shown.stderr and "TLSv1.3" in shown.stderr, shown


def check_http(venue, certificate):
    assert venue.ready["http"].startswith("https://") and venue.ready["feed"].startswith("wss://"), venue.ready
    believing = ssl.create_default_context(cafile=certificate)
    with urllib.request.urlopen(venue.ready["http"] + "/health", timeout=20, context=believing) as answer:
        assert answer.status == 200
    old = ssl.create_default_context(cafile=certificate)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with urllib.request.urlopen(venue.ready["http"] + "/health", timeout=20, context=old) as answer:
        assert answer.status == 200
    assert venue.admin("/ready")[0] == 200, "the admin listener stays plain, on the loopback"


def check_tools(venue):
    opened = tool(venue, "ledger", "open", "alice")
    assert opened.returncode == 0, opened
    assert tool(venue, "ledger", "deposit", "alice", "DEC", "100").returncode == 0
    placed = tool(venue, "order", "place", "alice", "DEC/USD", "sell", "50", "1.25")
    assert placed.returncode == 0 and "accepted" in placed.stdout, placed


def check_refused(folder, certificate, key):
    stranger, strangers_key = make_certificate(folder, "stranger")
    for bad_certificate, bad_key, why in ((os.path.join(folder, "none"), key, "cannot be read"), (certificate, certificate, "private key"),
                                          (certificate, strangers_key, "is not that of certificate"), (key, key, "is no PEM certificate")):
        with Venue(configured("auto", bad_certificate, bad_key)) as venue:
            done = subprocess.run([PROGRAM, "serve", "--config", venue.config, "--data", venue.data], capture_output=True,
                                  text=True, timeout=60, check=False)
            assert done.returncode == 3 and "[tls]" in done.stderr and why in done.stderr, (why, done)
    assert os.path.exists(stranger)


def main():
    with Venue() as scratch:
        certificate, key = make_certificate(scratch.folder)
        for backend in ("auto", "epoll"):
            with Venue(configured(backend, certificate, key)) as venue:
                venue.start()
                assert backend == "auto" or "backend=epoll" in venue.log_text(), venue.log_text()
                check_order_entry(venue, certificate)
                check_http(venue, certificate)
                check_tools(venue)
                assert venue.stop() == 0
        check_refused(scratch.folder, certificate, key)
    print("TLS: order entry, http, tools, refusals, over both backends")


if __name__ == "__main__":
    main()
