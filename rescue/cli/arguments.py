"""The words of the command line. It imports nothing heavy: `rescue --help` is instant."""

import argparse

import rescue
from rescue.language import N_, _

_CODES = N_("Exit codes: 0 done, 3 done in part, all others: docs/exit-codes.md. RESCUE_REPO stands in for --repo.")


def parser() -> argparse.ArgumentParser:
    """The parser of everything. `command` names the module in `rescue.cli.commands` that does it."""
    top = argparse.ArgumentParser(
        prog="rescue",
        description=_("Back up, restore and clone disks while the installed system is not running."),
        epilog=_(_CODES),
    )
    top.add_argument("--version", action="version", version=f"rescue {rescue.__version__}")
    top.add_argument(
        "--plain", action="store_true", help=_("without a command: the program as numbered lines, for screen readers")
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    _disks(commands)
    _health(commands)
    _init(commands)
    _backup(commands)
    _list(commands)
    _snapshot_commands(commands)
    _maintenance(commands)
    _restore(commands)
    _clone(commands)
    _stick(commands)
    _undo(commands)
    _table(commands)
    _surface(commands)
    _wipe(commands)
    _places(commands)
    _network(commands)
    _format(commands)
    return top


_Commands = argparse._SubParsersAction  # argparse gives its type no public name


def _add(commands: "_Commands[argparse.ArgumentParser]", name: str, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text, epilog=_(_CODES))
    command.add_argument("--json", action="store_true", help=_("events and result as JSON, one object a line"))
    return command


def _add_repository(command: argparse.ArgumentParser) -> None:
    command.add_argument("--repo", metavar="REPO", help=_("directory of the repository (else RESCUE_REPO)"))


def _add_dry_run(command: argparse.ArgumentParser) -> None:
    command.add_argument("--dry-run", action="store_true", help=_("describe the plan and write nothing"))


def _add_confirmation(command: argparse.ArgumentParser) -> None:
    command.add_argument("--yes", action="store_true", help=_("do not ask; needs --confirm"))
    command.add_argument(
        "--confirm", metavar="TEXT", help=_("identity of the target, as `rescue disks` shows it behind “confirm”")
    )
    command.add_argument(
        "--plan", metavar="DIGEST", help=_("run only the plan with this digest, which `--dry-run --json` tells")
    )


def _add_reading(command: argparse.ArgumentParser) -> None:
    command.add_argument("--raw", action="store_true", help=_("read all blocks, not only the used ones"))
    command.add_argument(
        "--allow-bad-sectors",
        action="store_true",
        help=_("go on where the source cannot be read; the result is PARTIAL"),
    )


def _disks(commands: "_Commands[argparse.ArgumentParser]") -> None:
    _add(commands, "disks", _("show every disk, what is on it, and the text that confirms writing it"))


def _health(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "health", _("show what a drive tells about its own health (SMART)"))
    command.add_argument("disk", metavar="DISK", help=_("the disk; one that sleeps is not woken"))


def _init(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "init", _("make a repository in a new or empty directory"))
    command.add_argument("repo", metavar="REPO", nargs="?", help=_("the directory (else RESCUE_REPO)"))


def _backup(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "backup", _("image disks or partitions into a repository; prints the id of the snapshot"))
    command.add_argument("sources", metavar="SOURCE", nargs="+", help=_("a disk or a partition"))
    _add_repository(command)
    command.add_argument("--name", metavar="N", help=_("name of the snapshot (else host and time)"))
    command.add_argument("--note", metavar="TEXT", default="", help=_("a line to keep with the snapshot"))
    command.add_argument("--verify", action="store_true", help=_("read the backup back and compare it"))
    command.add_argument(
        "--level", metavar="L", type=int, default=3, choices=range(1, 20), help=_("zstd compression, 1 to 19; 3")
    )
    _add_reading(command)
    _add_dry_run(command)


def _list(commands: "_Commands[argparse.ArgumentParser]") -> None:
    _add_repository(_add(commands, "list", _("show the snapshots of a repository")))


def _snapshot_commands(commands: "_Commands[argparse.ArgumentParser]") -> None:
    for name, text in (
        ("show", _("show a snapshot and its report")),
        ("verify", _("read a snapshot back from the repository and compare it")),
        ("delete", _("delete a snapshot; `rescue prune` gives the space back")),
    ):
        command = _add(commands, name, text)
        command.add_argument("snapshot", metavar="SNAPSHOT", help=_("id, beginning of an id, name, or “latest”"))
        _add_repository(command)


def _maintenance(commands: "_Commands[argparse.ArgumentParser]") -> None:
    check = _add(commands, "check", _("check that a repository is whole"))
    check.add_argument("--read-data", action="store_true", help=_("read every byte, not only the structure"))
    check.add_argument("--rebuild-index", action="store_true", help=_("make the index anew from the packs, then check"))
    prune = _add(commands, "prune", _("remove what no snapshot needs"))
    _add_dry_run(prune)
    for command in (check, prune):
        _add_repository(command)


def _restore(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "restore", _("write a snapshot to a disk, or one partition of it to a partition"))
    command.add_argument("snapshot", metavar="SNAPSHOT[:pN]", help=_("id, beginning of an id, name, or “latest”"))
    command.add_argument("target", metavar="TARGET", help=_("the disk or partition that is overwritten"))
    _add_repository(command)
    command.add_argument("--disk", metavar="N", type=int, default=1, help=_("which disk of a snapshot of several"))
    command.add_argument(
        "--table-only", action="store_true", help=_("write the partition table alone; what is in the partitions stays")
    )
    command.add_argument("--no-verify", action="store_true", help=_("do not read the target back"))
    _add_confirmation(command)
    _add_dry_run(command)


def _clone(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "clone", _("copy a disk to a disk, or a partition to a partition"))
    command.add_argument("source", metavar="SOURCE")
    command.add_argument("target", metavar="TARGET", help=_("the disk or partition that is overwritten"))
    command.add_argument("--no-verify", action="store_true", help=_("do not read the target back"))
    _add_reading(command)
    _add_confirmation(command)
    _add_dry_run(command)


def _stick(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "stick", _("write a bootable image to a USB stick"))
    command.add_argument("image", metavar="IMAGE", help=_("an image file (.iso, .img), or a stick that has the image"))
    command.add_argument("target", metavar="TARGET", help=_("the stick that is overwritten, a whole disk"))
    command.add_argument(
        "--data", action="store_true", help=_("make a data partition with a repository in the rest of the stick")
    )
    command.add_argument("--no-verify", action="store_true", help=_("do not read the stick back"))
    _add_confirmation(command)
    _add_dry_run(command)


def _undo(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "undo", _("bring back table and headers of a disk from before Rescue wrote it"))
    command.add_argument("target", metavar="TARGET", help=_("the disk"))
    _add_confirmation(command)
    _add_dry_run(command)


def _table(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "table", _("save the partition table of a disk in a file, or put a saved one on a disk"))
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    save = _add_action(actions, "save", _("save the partition table of a disk in a new file"))
    save.add_argument("disk", metavar="DISK", help=_("the disk, which is only read"))
    save.add_argument("file", metavar="FILE", help=_("the file to make; one that is there stays as it is"))
    restore = _add_action(actions, "restore", _("write a saved partition table, and nothing else"))
    restore.add_argument("file", metavar="FILE", help=_("what `rescue table save` has made"))
    restore.add_argument("target", metavar="DISK", help=_("the disk whose partition table is overwritten"))
    restore.add_argument("--no-verify", action="store_true", help=_("do not read the table back"))
    _add_confirmation(restore)
    _add_dry_run(restore)


def _add_action(actions: "_Commands[argparse.ArgumentParser]", name: str, text: str) -> argparse.ArgumentParser:
    """A word after the command; --json may stand before or behind it."""
    action = actions.add_parser(name, help=text, description=text, epilog=_(_CODES))
    action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=_("as before the word"))
    return action


def _surface(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "surface", _("read every sector of a disk, and tell which cannot be read; writes nothing"))
    command.add_argument("disk", metavar="DISK", help=_("a whole disk, which is only read"))
    command.add_argument(
        "--from",
        dest="start",
        metavar="N",
        type=_byte,
        default=0,
        help=_("begin at this byte, as a stopped test tells"),
    )


def _byte(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _wipe(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "wipe", _("overwrite a whole disk with zeros, so that nothing on it stays"))
    command.add_argument("target", metavar="DISK", help=_("the disk, of which everything is lost"))
    command.add_argument(
        "--quick", action="store_true", help=_("only make it look empty; files can be brought back by other tools")
    )
    command.add_argument("--no-verify", action="store_true", help=_("do not read the disk back"))
    _add_confirmation(command)
    _add_dry_run(command)


def _places(commands: "_Commands[argparse.ArgumentParser]") -> None:
    _add(commands, "places", _("show where backups can lie: drives, and folders of other computers that are open"))
    command = _add(commands, "connect", _("open a folder of another computer, or a drive; prints the directory"))
    command.add_argument(
        "address",
        metavar="ADDRESS",
        help=_("smb://HOST/SHARE, nfs://HOST/FOLDER, sftp://USER@HOST/FOLDER, or /dev/sdX1"),
    )
    command.add_argument("--user", metavar="U", help=_("the user over there; the password is asked for"))
    command.add_argument("--read-only", action="store_true", help=_("do not try to write, as for a restore"))
    command.add_argument("--accept-host-key", metavar="FP", help=_("fingerprint of an SSH server that is met first"))
    command = _add(commands, "disconnect", _("write everything out and close it, so that a drive can be unplugged"))
    command.add_argument("address", metavar="ADDRESS|DIRECTORY")


def _network(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "network", _("show the state of the network"))
    command.add_argument("--start", action="store_true", help=_("switch the network on (NetworkManager)"))
    command.add_argument("--join", metavar="NAME", help=_("join the Wi-Fi of that name; the password is asked for"))


def _format(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "format", _("make a drive for backups of a whole disk; all that is on it is lost"))
    command.add_argument("target", metavar="DISK", help=_("the disk that is overwritten"))
    command.add_argument(
        "--filesystem",
        choices=("ext4", "exfat"),
        default="ext4",
        help=_("ext4; exfat, which Windows and macOS read, too"),
    )
    command.add_argument("--label", metavar="NAME", default="Backups", help=_("name of the file system; Backups"))
    command.add_argument("--disk-id", metavar="UUID", default="", help=_("GUID that the disk gets (else a new one)"))
    command.add_argument("--no-verify", action="store_true", help=_("do not read it back"))
    _add_confirmation(command)
    _add_dry_run(command)
