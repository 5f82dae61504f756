"""A replay of mydumper 1.0.1 in stream mode: what it does to its folder, its output and its end.

It is no mydumper: it asks no server, but dumps the files of a folder, byte by byte (those of a real
stream, or of Debian's mydumper 0.10). Everything else is as the real one was seen to do: threads
that write a file in statements and wait until it was streamed and deleted; pieces of metadata in
between; SIGTERM after which it claims to be complete; errors after which it goes on; an abort when
nobody reads its output. ``test_real.py`` holds the real one to the same.

How it is called, by a script that `program` makes: ``replay.py CONFIG OPTION…``.
"""

import json
import os
import re
import shlex
import signal
import stat
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Lock, Thread
from typing import Literal, NoReturn, TypeAlias

Fault: TypeAlias = Literal[
    "",
    "lost connection",  # one file ends early, the others do not; status 1
    "lost connection, status 0",  # the same, and nothing but the log says so
    "lost query",  # rows are left out, which is a warning; status 0
    "lost file",  # a whole file is missing, which nothing says; status 0
    "no space",  # as when the disk is full: status 1, and metadata all the same
    "hang",  # for ever, in the middle of a file
    "crash",  # SIGKILL in the line that announces a file
    "break off",  # SIGKILL in the middle of a file's content
    "noise",  # something else is written to standard output
    "no metadata",  # it ends well, and too early
]
VERSION = "1.0.1-3"
HELP = """Usage:
  mydumper [OPTION…] multi-threaded MySQL dumping
  -h, --host  -u, --user  -p, --password  -P, --port  -B, --database  -T, --tables-list
  --defaults-file  -o, --outputdir  --stream  -F, --chunk-filesize  -t, --threads  -v, --verbose
  --trx-tables  --rows  --check-row-count
"""
_KNOWN = frozenset(re.findall(r"--([a-z-]+)", HELP))
_STATEMENT = 1_000_000
_STREAM_BUFFER = 1_000_000
_BREAK_OFF = 20_000_000


@dataclass(frozen=True)
class Config:
    """What a test wants."""

    files: str
    """The folder whose files are the dump."""
    fault: Fault = ""
    fault_after: int = 3
    """Files of rows that are dumped before the fault."""
    rate: float = 0.0
    """Bytes a second that each thread writes; 0 for as many as it can."""
    partial_seconds: float = 2.0
    """Between two pieces of metadata."""
    version: str = VERSION


def program(folder: Path, config: Config) -> Path:
    """An executable in `folder` that is called as mydumper is."""
    (folder / "replay.json").write_text(json.dumps(asdict(config)))
    script = folder / "mydumper"
    words = [sys.executable, "-S", str(Path(__file__)), str(folder / "replay.json")]
    script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


class Replay:
    """One dump."""

    def __init__(self, config: Config, options: dict[str, str]) -> None:
        self._config = config
        self._source = Path(config.files)
        self._folder = Path(options["outputdir"])
        self._threads = max(2, int(options.get("threads", "4")))
        self._jobs: Queue[Path] = Queue()
        self._streamed: Queue[tuple[Path, Fault, Event] | None] = Queue()
        self._lock = Lock()
        self._written: dict[tuple[str, str], int] = {}
        self._told: set[tuple[str, str]] = set()
        self._begun = 0
        self._failed = self._cancelled = False
        self._over = Event()

    def run(self) -> int:
        """Dump; returns the exit status."""
        signal.signal(signal.SIGTERM, self._cancel)
        self._prepare()
        stream = Thread(target=self._stream)
        stream.start()
        self._push("metadata.header", self._header())
        for path in self._of_kind(schema=True):
            self._push(path.name, path.read_bytes())
        self._push("metadata.partial.0", self._sections(self._tables()))
        self._dump_rows()
        if self._config.fault != "no metadata":
            self._last_metadata()
        self._streamed.put(None)
        stream.join()
        return 1 if self._failed else 0

    def _prepare(self) -> None:
        if self._folder.is_dir() and any(self._folder.iterdir()):
            abort(f"Directory is not empty (use --clear, --dirty or --merge): {self._folder}")
        self._folder.mkdir(parents=True, exist_ok=True)

    def _cancel(self, *_: object) -> None:
        log("Message", "Shutting down gracefully")
        self._cancelled = True

    # --- what is dumped ---

    def _of_kind(self, *, schema: bool) -> list[Path]:
        found = (path for path in self._source.iterdir() if not path.name.startswith("metadata"))
        return sorted(path for path in found if ("-schema" in path.name) is schema)

    def _tables(self) -> list[tuple[str, str]]:
        return sorted({table_of(path.name) for path in self._of_kind(schema=False)})

    def _header(self) -> bytes:
        return b"# Started dump at: 2026-11-21 14:22:30\n[config]\nquote-character = BACKTICK\n"

    def _sections(self, tables: list[tuple[str, str]]) -> bytes:
        with self._lock:
            texts = [
                f"\n[`{database}`.`{table}`]\nreal_table_name={table}\n"
                f"rows = {self._written.get((database, table), 0)}\n"
                for database, table in tables
            ]
        return "".join(texts).encode()

    def _last_metadata(self) -> None:
        partial = self._folder / "metadata.partial"
        end = b"[config]\nmax-statement-size = 999989\n# Finished dump at: 2026-11-21 14:22:38\n"
        partial.write_bytes(self._sections(self._tables()) + end)
        partial.rename(self._folder / "metadata")
        self._hand_over(self._folder / "metadata")

    # --- the threads ---

    def _dump_rows(self) -> None:
        for path in self._of_kind(schema=False):
            self._jobs.put(path)
        threads = [Thread(target=self._work) for _ in range(self._threads)]
        pieces = Thread(target=self._tell_now_and_then)
        for thread in (*threads, pieces):
            thread.start()
        for thread in threads:
            thread.join()
        self._over.set()
        pieces.join()

    def _work(self) -> None:
        while not self._cancelled:
            try:
                source = self._jobs.get_nowait()
            except Empty:
                return
            with self._lock:
                self._begun += 1
                fault = self._config.fault if self._begun == self._config.fault_after + 1 else ""
            self._dump(source, fault)

    def _dump(self, source: Path, fault: Fault) -> None:
        target = self._folder / source.name
        if fault == "lost query":
            log("WARNING", "Failed to execute query - ERROR 2006: Server has gone away")
            return
        rows = 0
        with source.open("rb") as read, target.open("wb", buffering=0) as write:
            while statement := read.read(_STATEMENT):
                if fault.startswith(("lost connection", "no space")):
                    statement = statement[: len(statement) // 2]
                write.write(statement)
                rows += statement.count(b"\n(") + statement.count(b"\n,(")
                rows += statement.count(b"VALUES(")
                if self._config.rate:
                    time.sleep(len(statement) / self._config.rate)
                if fault == "hang":
                    time.sleep(1e6)
                if self._cancelled:
                    log("Message", "Thread 1: Job has been cacelled")
                    break
                if fault.startswith(("lost connection", "no space")):
                    self._complain(fault, target)
                    break
        with self._lock:
            key = table_of(source.name)
            self._written[key] = self._written.get(key, 0) + rows
            self._told.add(key)
        if fault == "lost file":
            target.unlink()
        else:
            self._hand_over(target, fault)

    def _complain(self, fault: Fault, target: Path) -> None:
        why = "No space left on device" if fault == "no space" else "Lost connection to server"
        self._failed = fault != "lost connection, status 0"
        log("CRITICAL", f"Thread 1: Could not read data to write on {target}: {why}")

    def _tell_now_and_then(self) -> None:
        number = 1
        while not self._over.wait(self._config.partial_seconds):
            with self._lock:
                tables, self._told = sorted(self._told), set()
            if tables:
                self._push(f"metadata.partial.{number}", self._sections(tables))
                number += 1

    # --- the stream ---

    def _push(self, name: str, content: bytes) -> None:
        path = self._folder / name
        path.write_bytes(content)
        self._hand_over(path)

    def _hand_over(self, path: Path, fault: Fault = "") -> None:
        """Wait until it was streamed and deleted, as a thread of mydumper's does."""
        done = Event()
        self._streamed.put((path, fault, done))
        done.wait()

    def _stream(self) -> None:
        while item := self._streamed.get():
            path, fault, done = item
            try:
                self._disturb(fault)
                write_out(b"\n-- %s %d\n" % (path.name.encode(), path.stat().st_size))
                with path.open("rb") as file:
                    while data := file.read(_STREAM_BUFFER):
                        write_out(data)
                        if self._config.fault == "break off" and file.tell() > _BREAK_OFF:
                            os.kill(os.getpid(), signal.SIGKILL)
            except BrokenPipeError:
                abort(f"Stream failed during transmition of file: {path}")
            path.unlink()
            log("Message", f"File {path} transferred | Global: 1MB/s")
            done.set()

    def _disturb(self, fault: Fault) -> None:
        if fault == "noise":
            write_out(b"** Message: hello\n")
        if fault == "crash":
            write_out(b"\n-- shop.ord")
            os.kill(os.getpid(), signal.SIGKILL)


def table_of(name: str) -> tuple[str, str]:
    """Database and table of a file of rows."""
    database, table, *_ = name.split(".")
    return database, table


def write_out(data: bytes) -> None:
    """Write all of it to standard output."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def log(level: str, message: str) -> None:
    """A line on standard error."""
    os.write(2, f"** {level}: 14:22:30.008: {message}\n".encode())


def abort(message: str) -> NoReturn:
    """End as glib's g_error does: by SIGTRAP, all threads at once."""
    os.write(2, f"\n** (mydumper:1): ERROR **: 14:26:36.630: {message}\n".encode())
    signal.signal(signal.SIGTRAP, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTRAP)
    os._exit(133)


def parse(words: list[str]) -> dict[str, str]:
    """The long options given, as the real one knows them."""
    options: dict[str, str] = {}
    for word in words:
        name, _, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in _KNOWN:
            sys.exit(f"option parsing failed: Unknown option {word}, try --help")
        options[name] = value
    return options


def main() -> None:
    """Be mydumper."""
    config = Config(**json.loads(Path(sys.argv[1]).read_text()))
    words = sys.argv[2:]
    if "--version" in words:
        print(f"mydumper v{config.version}, built against MariaDB 10.11.19 with SSL support")
    elif "--help" in words:
        print(HELP)
    else:
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        sys.exit(Replay(config, parse(words)).run())


if __name__ == "__main__":
    main()
