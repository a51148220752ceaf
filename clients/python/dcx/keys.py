"""A key and its file: lines `key_id N`, `account N` and `seed HEX`; '#' begins a comment. Whoever reads the seed can trade, so a
file that others may read or write is refused. No error shows what is in one."""

import dataclasses
import os
import stat

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from dcx.errors import KeyFileError

_MAX_FILE = 4096


@dataclasses.dataclass(frozen=True)
class Key:
    """`account` 0: an operator's."""
    key_id: int
    account: int
    seed: bytes = dataclasses.field(repr=False)

    @classmethod
    def read(cls, path):
        """The key of a file, as `dcx ledger open` writes it into the folder keys of a venue."""
        try:
            with open(path, "rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                if not stat.S_ISREG(mode) or mode & 0o077:
                    raise KeyFileError(f"{path}: others than its owner have access to it")
                text = file.read(_MAX_FILE + 1)
        except OSError as error:
            raise KeyFileError(f"{path}: {error.strerror}") from None
        if len(text) > _MAX_FILE:
            raise KeyFileError(f"{path}: too long for a key file")
        return cls.parse(text.decode("utf-8", "replace"), str(path))

    @classmethod
    def parse(cls, text, where="key"):
        """The key of such a text."""
        fields = {}
        for number, line in enumerate(text.splitlines(), start=1):
            name, _, value = line.split("#")[0].strip().replace("\t", " ").partition(" ")
            if not name:
                continue
            if name not in ("key_id", "account", "seed") or name in fields:
                raise KeyFileError(f"{where}: line {number}: a field that is unknown or there already")
            fields[name] = value.strip()
        try:
            key = cls(int(fields["key_id"]), int(fields["account"]), bytes.fromhex(fields["seed"]))
        except (KeyError, ValueError):
            raise KeyFileError(f"{where}: key_id, account and seed are needed, two numbers and 64 hexadecimal digits") from None
        if not (0 < key.key_id < 2**32 and 0 <= key.account < 2**32 and len(key.seed) == 32):
            raise KeyFileError(f"{where}: key_id, account and seed are needed, two numbers and 64 hexadecimal digits")
        return key

    def sign(self, message):
        """Ed25519."""
        return ed25519.Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)

    def public(self):
        """The 32 bytes that the venue knows."""
        return ed25519.Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
