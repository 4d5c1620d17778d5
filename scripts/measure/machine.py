"""What the kernel says of processes: CPU seconds and memory, from /proc."""

import os
import platform
from importlib import metadata
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, its live descendants, and those of its children that have ended."""
    return sum(_own_cpu(each) for each in family(pid))


def _own_cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    # utime, stime, and the same of children that were waited for.
    return sum(int(field) for field in fields[11:15]) / _TICK


def family(pid: int) -> list[int]:
    """The process and its descendants, without PostgreSQL when that is among them."""
    found, pending = [], [pid]
    while pending:
        each = pending.pop()
        found.append(each)
        for child in _children(each):
            if each == pid and _name(child) == "postgres" and _name(pid) != "postgres":
                continue
            pending.append(child)
    return found


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def peak_rss_mb(pid: int) -> float:
    """The most memory the process and its descendants ever held, shared pages counted in each."""
    return sum(_kilobytes(f"/proc/{each}/status", "VmHWM:") for each in family(pid)) / 1024


def pss_mb(pid: int) -> float:
    """The memory they hold now, shared pages counted once."""
    return sum(_kilobytes(f"/proc/{each}/smaps_rollup", "Pss:") for each in family(pid)) / 1024


def _kilobytes(path: str, name: str) -> int:
    try:
        lines = Path(path).read_text().splitlines()
    except (OSError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def described(server: str) -> str:
    """Processor, memory and versions: what a reader needs to compare, and nothing that names the machine."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = _kilobytes("/proc/meminfo", "MemTotal:") / 1024 / 1024
    versions = [
        f"{name} {metadata.version(name)}" for name in ("litestar", server, "asyncpg", "cryptography")
    ]
    return (
        f"{os.cpu_count()} x {models[0] if models else platform.machine()}, {memory:.0f} GiB,"
        f" Linux {platform.release()}; Python {platform.python_version()}, {', '.join(versions)}"
    )


def load_of_others() -> float:
    """The system's load average over the last minute: above about one before a run, figures are noisy."""
    return os.getloadavg()[0]
