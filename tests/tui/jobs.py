"""A job that no process runs: a folder with a lock that the test holds, and the events that it writes."""

import fcntl
import json
import os
from pathlib import Path

from rescue.events import Event, JobFinished, JobStarted, Outcome, Part, Phase, Progress, as_json
from rescue.operations.jobs import Job, jobs
from rescue.units import GiB, MiB

WORDS = ("restore", "laptop", "/dev/sda", "--repo", "/mnt/usb/rescue")
PARTS = (
    Part("p1", "p1 vfat “SYSTEM”", 256 * MiB),
    Part("p3", "p3 ntfs “Windows”", 20 * GiB),
    Part("p4", "p4 ext4 “root”", 10 * GiB),
)
TOTAL = sum(part.size for part in PARTS)
STARTED = JobStarted("restore", ("OVERWRITE /dev/sda.",), PARTS)


class FakeJob:
    """`job` is what the program sees; it lives until `die`."""

    def __init__(self, folder: Path, title: str = "Restore laptop to /dev/sda", words: tuple[str, ...] = WORDS) -> None:
        self.home = folder / title.partition(" ")[0]
        self.home.mkdir(parents=True)
        self._lock = os.open(self.home / "alive", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        document = {"pid": 2**22, "title": title, "words": words, "began": 1.0, "detail": {}}
        (self.home / "job.json").write_text(json.dumps(document))
        self.job: Job = next(job for job in jobs(folder) if job.folder == self.home)

    def say(self, *events: Event) -> None:
        """Write events, as the command does."""
        with (self.home / "events").open("a") as stream:
            stream.writelines(json.dumps(as_json(event)) + "\n" for event in events)

    def print(self, text: str) -> None:
        """Write beside the events."""
        (self.home / "errors").write_text(text)

    def copied(self, done: int, part: Part = PARTS[1]) -> None:
        """So much of all is copied."""
        self.say(Progress(Phase.RESTORE, done, TOTAL, part.text))

    def end(self, outcome: Outcome = Outcome.OK, **detail: object) -> None:
        """Give a result, and end."""
        self.say(JobFinished("restore", outcome, detail))
        self.die()

    def die(self) -> None:
        """End, without a word."""
        os.close(self._lock)
