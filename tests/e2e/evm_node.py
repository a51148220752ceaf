"""A private EVM chain for tests: ganache, on a loopback port of its own, with its blocks in a temporary folder, so that a
restart goes on where a kill left it. And the bytecode of the project's contract, compiled by solc. Both are of npm
(tests/evm/package-lock.json), and gone with the test like the other servers."""

import json
import os
import subprocess
import urllib.request

from npm_modules import REPOSITORY, Missing, modules
from servers import NotInstalled, PrivateServer

CHAIN_ID = 1337


def compiled(contract):
    """Creation bytecode, hexadecimal, of contracts/CONTRACT.sol."""
    done = subprocess.run(["node", os.path.join(REPOSITORY, "tests", "evm", "compile.mjs"), modules("evm"),
                           os.path.join(REPOSITORY, "contracts", f"{contract}.sol")], capture_output=True, text=True,
                          timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(f"{contract}.sol does not compile:\n{done.stderr}")
    return done.stdout.strip()


class PrivateEvm(PrivateServer):
    """Each transaction is in a block of its own at once, unless the test says otherwise (miner_stop). Its ten accounts
    are unlocked and rich."""

    kind = "evm"

    def __init__(self):
        try:
            self.modules = modules("evm")
        except Missing as missing:
            raise NotInstalled(f"no EVM chain: {missing}") from missing
        super().__init__()
        # As whoever runs the test: the modules need not be readable by nobody.
        self.user = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def bytecode(self):
        return compiled("CheckpointAnchor")

    def call(self, method, *parameters):
        question = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        request = urllib.request.Request(self.url, question, {"Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            body = json.load(answer)
        if "error" in body:
            raise RuntimeError(f"{method}: {body['error'].get('message')}")
        return body["result"]

    def _command(self):
        return ["node", os.path.join(self.modules, "ganache", "dist", "node", "cli.js"), "--server.host", "127.0.0.1",
                "--server.port", str(self.port), "--chain.chainId", str(CHAIN_ID), "--chain.networkId", str(CHAIN_ID),
                "--wallet.seed", "dcx", "--database.dbPath", os.path.join(self.data, "chain"), "--logging.quiet"]

    def _answers(self):
        try:
            return int(self.call("eth_chainId"), 16) == CHAIN_ID
        except (OSError, ValueError, RuntimeError):
            return False
