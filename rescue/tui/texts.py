"""What the screens say where it takes more than a few words."""

from textual.content import Content

from rescue.operations.seat import Holder
from rescue.text import printable
from rescue.tui.advice import Step

LOOKING = "Looking at the disks …"
NO_DISKS = """No disks found.

Is the drive connected, and does it have power? Try another port.
An internal drive that stays hidden is often behind a RAID or “VMD”
mode: look for it in the firmware setup of this computer, and choose
AHCI or NVMe instead.

F5 looks again."""
HIDDEN = "RESCUE_DEVICES hides every disk.\n\nF5 looks again."
HELP = """This screen shows every disk, and changes nothing.

Each disk has a bar to scale, and letters tell what is where:
  E ext2/3/4  X xfs  B btrfs  N ntfs  F fat  A exfat  H hfs  P apfs
  L LUKS  K BitLocker  V LVM  R RAID  S swap  I iso9660  Q squashfs
  ? unknown  ··· free
An asterisk * marks what is in use. “confirm” is what you type before
that disk is overwritten; no key does it for you.

  B R C       back up, restore, clone: shows the commands to type
  S           a shell; “exit” comes back
  F5, Ctrl+R  look again; disks that come and go show by themselves
  Up, Down    move through the disks; PgUp, PgDn, Home, End as well
  F1, ?       this help
  T           take over, where this screen only looks
  Q           quit; nothing is lost by it, and jobs elsewhere go on

Of the screens on several terminals of a computer one leads: the first
on which somebody acts. The others only look, until it ends or somebody
takes over."""
SHELL = "A shell. Type “exit” to come back to Rescue."


def steps(found: list[Step]) -> Content:
    """Commands with what they do."""
    lines: list[Content | str] = ["The guided screens come with a later version. These commands do it today:", ""]
    for number, step in enumerate(found, 1):
        lines += [
            f"{number}. {printable(step.what)}",
            Content.styled(f"   {printable(step.command)}", "bold ansi_bright_white"),
            "",
        ]
    lines.append("S opens a shell to type them in. Put another disk's name where you mean another one.")
    return Content("\n").join(lines)


def banner(leader: Holder, *, lost: bool) -> str:
    """Why this screen only looks."""
    if lost:
        return f"The screen on {leader.tty} took over. This screen only looks. T takes over."
    return f"Rescue is open on {leader.tty}. This screen only looks. T takes over."


def question(leader: Holder) -> str:
    """Before taking over."""
    return f"The screen on {leader.tty} leads now, and somebody may be sitting there.\n\nTake over? It then only looks."
