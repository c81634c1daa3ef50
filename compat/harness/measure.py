"""What a program costs, and how often it writes a file."""

import ctypes
import os
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread


@dataclass
class Cost:
    """Wall time, processor time and most memory of one run of a program, from its start to its end."""

    seconds: float
    user_seconds: float
    system_seconds: float
    peak_mib: float
    code: int
    out: str


def run(command, env=None):
    """Runs a program and measures it; what it prints on stdout is kept."""
    start = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in command],
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    with Peak(process.pid) as peak, process.stdout as pipe:
        out = pipe.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - start
    return Cost(seconds, usage.ru_utime, usage.ru_stime, peak.mib, process.returncode, out)


class Peak:
    """The most memory that a process has had, looked at until its output ends.

    The figure that comes with its exit status is no good: it is at least the size of the process that started it.
    """

    INTERVAL = 0.01

    def __init__(self, pid):
        self.mib = 0
        self._status = Path(f"/proc/{pid}/status")
        self._ended = Event()
        self._thread = Thread(target=self._watch)

    def _watch(self):
        while not self._ended.wait(self.INTERVAL):
            for line in self._status.read_text().splitlines():
                if line.startswith("VmHWM:"):
                    self.mib = int(line.split()[1]) / 1024

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()


class Replacements:
    """Counts how often a file of a folder is replaced by another or written in place.

    The kernel counts (inotify), so none is missed. Linux only.
    """

    _CLOSE_WRITE, _MOVED_TO = 0x08, 0x80

    def __init__(self, path):
        self._name = path.name
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        watch = libc.inotify_add_watch(self._fd, os.fsencode(path.parent), self._CLOSE_WRITE | self._MOVED_TO)
        if self._fd < 0 or watch < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        os.close(self._fd)

    def count(self):
        """Since the last time this was asked."""
        count = 0
        while events := self._read():
            while events:
                _, _, _, length = struct.unpack_from("iIII", events)
                name = events[16 : 16 + length].rstrip(b"\0").decode()
                count += name == self._name
                events = events[16 + length :]
        return count

    def _read(self):
        try:
            return os.read(self._fd, 1 << 16)
        except BlockingIOError:
            return b""
