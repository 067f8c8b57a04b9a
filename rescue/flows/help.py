"""The help: a page for every screen, in plain words, in the person's language."""

from collections.abc import Callable

from rescue.language import _

_KEYS = "keys"


def page(topic: str) -> tuple[str, tuple[str, ...]]:
    """Title and lines of a topic; the page about the keys for one that nobody has written."""
    title, text = _PAGES.get(topic, _keys)()
    return title, tuple(text.splitlines())


def topics() -> tuple[str, ...]:
    """Every topic that has a page."""
    return tuple(_PAGES)


def _home() -> tuple[str, str]:
    return _("The first screen"), _("""\
This screen shows every disk of this computer, and changes nothing.

Each disk has a bar to scale. Letters tell what is where:
  E ext2/3/4  X xfs  B btrfs  N ntfs  F fat  A exfat  H hfs  P apfs
  L LUKS  K BitLocker  V LVM  R RAID  S swap  I iso9660  Q squashfs
  ? unknown  ··· free
The solid part of a piece is in use, the shaded part is not; a piece that nobody can look into is solid. An asterisk \
* marks what is mounted or held. “confirm” is what you type before that disk is overwritten; no key does it for you.

Beside the name of a disk stands how the drive is: healthy, worn or worth watching, failing, or not known. It tells \
that itself, and sometimes too late.

The fields and words below are what can be done here. Their letter starts them, or Enter where the cursor \
stands. Each asks step by step, shows what it is going to do, and can be left with Esc until it begins.

  S           a shell; “exit” comes back
  J           watch a job that runs, or read how it ended
  F5, Ctrl+R  look again; disks that come and go show by themselves
  Up, Down    move through the disks; PgUp, PgDn, Home, End as well
  F1, ?       this help
  F2          other colours
  F3          another language
  T           take over, where this screen only looks
  Q           quit; nothing is lost by it, and jobs go on

Of the screens on several terminals of a computer one leads: the first on which somebody acts. The others only look, \
until it ends or somebody takes over.""")


def _backup() -> tuple[str, str]:
    return _("Back up"), _("""\
A backup is a copy of whole disks or partitions, with everything that is needed to start the computer again.

What is read is never changed: not a byte is written to the disk that is backed up. Only used blocks are copied, so \
that \
a large disk with little on it makes a small backup. The second backup of the same disk stores only what has changed.

Each line of the sheet can be changed with its letter. The cursor stands on the button when nothing is missing: Enter \
then starts the backup.

The estimate says how much has to be read, how much room there is, and about how long it takes. How much is stored is \
known only at the end: what is new, compressed. A drive that gets full ends the backup, and nothing is lost by that.

“Read back afterwards” reads the whole backup once more and compares it. It takes longer, and it is the only proof \
that \
the backup is good. Leave it on.""")


def _restore() -> tuple[str, str]:
    return _("Restore"), _("""\
Restoring writes a backup to a disk. What is on that disk now is lost, so take care which disk it is.

1. Choose where the backup lies, and which one. The list shows when it was made, of which computer, and whether it was \
read back.
2. Choose what to write: all of it, one partition, or only the partition table.
3. Choose the disk to write to. A disk that cannot be used stays in the list, with the reason beside it.
4. Look at the pictures: before and after. Then type the text that is asked for.

Until you have typed it and pressed Enter, nothing is written. Afterwards everything is read back from the disk and \
compared. While it runs, the disk has no partition table: if the power fails, it cannot be taken for a good one, and \
the \
same restore can be started again.""")


def _clone() -> tuple[str, str]:
    return _("Clone"), _("""\
Cloning copies one disk to another one, directly. It is the quickest way to a new drive, but it is no backup: there is \
only one copy of it, and no older state to go back to.

The source is only read. Everything on the target is lost. The target must be as large as the source or larger; the \
rest \
of a larger one stays free.

Do not start the computer with both disks connected afterwards: they look the same to most systems.""")


def _place() -> tuple[str, str]:
    return _("Where backups lie"), _("""\
A place is where backups are kept: a USB drive, a folder, or a folder of another computer on the network.

A drive that is not in use yet is opened only when you choose it, and can be unplugged when this program says so. A \
drive \
that is empty or has a file system without room for backups can be prepared; that erases it, and is confirmed by typing.

Keep backups on another disk than the one that is backed up, best in another room. A place that cannot be written to \
still serves for restoring.""")


def _share() -> tuple[str, str]:
    return _("A folder of another computer"), _("""\
Backups can lie on another computer: a Windows share or a NAS (SMB), NFS, or a server with SSH.

  Server   its name, or its number as in 192.168.1.20
  Folder   the name of the share and the folder in it, as in backups/office
  Name     the user as the other computer knows it; with a domain: DOMAIN\\name
  Password it is not kept anywhere, and shown nowhere

The form tries the connection and writes a small file there. What is wrong it says in words: the name is not known, \
the \
computer does not answer, the password is wrong, or you may not write there. Nothing that you typed is lost.

No network? Esc, then “Network” on the first screen.""")


def _image() -> tuple[str, str]:
    return _("A backup"), _("""\
The list shows every backup of this place, the newest first: when it was made, of which computer and disks, how \
large it \
is, and how it went.

  OK       everything is there
  PARTIAL  something is missing; it says what. Do not rely on it as your only copy
  FAILED   it did not work

“Read back” means that every byte was read again after it had been stored, and was right.

A backup that cannot be read any more is shown with the reason. The others do not suffer from it.""")


def _partitions() -> tuple[str, str]:
    return _("Which partitions"), _("""\
Space marks a partition, Enter goes on with the marked ones.

To start a computer from a restored disk, all of its partitions are needed, also small ones without a name: they hold \
what starts the system. If in doubt, take all of them.

A partition that cannot be taken stays in the list with the reason.""")


def _target() -> tuple[str, str]:
    return _("The disk to write to"), _("""\
Everything on the disk that you choose here will be lost.

Choosing does not write anything yet. You see what will happen first, and you have to type a text that belongs to this \
one disk.

A disk stays in the list but cannot be chosen where
  - it is too small
  - it is in use: mounted, or part of a RAID or LVM
  - this program or the backup is on it
  - it cannot be told from another one, because it has no serial number
The reason stands beside it. Names such as /dev/sda can change from one start to the next; the serial number does not. \
It is printed on the label of most drives.""")


def _confirm() -> tuple[str, str]:
    return _("Before something is overwritten"), _("""\
This is the last question. The steps above are exactly what will be done, nothing else.

Compare the model and the size with the disk that you mean. Then type the text that is shown, letter by letter, and \
press \
Enter. It is the serial number of that disk: typing it makes sure that you looked.

Nothing else starts the job: not Enter alone, not Space, not the mouse. Esc goes back, and nothing has happened.

Before the first byte the disk is compared once more with the one that you saw, all other disks are locked against \
writing, and table and headers of the old content are put aside, so that “Undo last write” can bring them back.""")


def _progress() -> tuple[str, str]:
    return _("A job that runs"), _("""\
The bar shows the present step. Most jobs have two: copying, and reading back what was written.

  ·  waits   >  is copied now   +  done   !  partial   x  failed

The time left is measured, and only said after ten seconds. Where nothing moves, the screen says so: a drive that \
tries \
to read a bad place can be quiet for minutes.

The job does not need this screen. You may leave with Esc or H, look at something else, even quit: it goes on, and J \
on \
the first screen comes back to it.

  C  stop the job; asks first. It ends in good order and says in what state everything is
  P  switch the computer off at the end, only if the result is OK and this screen is open

Do not unplug a drive, and do not switch the computer off while a job runs.""")


def _result() -> tuple[str, str]:
    return _("How it ended"), _("""\
  + OK       everything is there, and what was read back is right
  ! PARTIAL  something is missing; the lines below say what and why. Do not rely on this as your only copy
  x FAILED   it did not work; the lines below say why, and in what state the disk is

There is nothing between these three.

The report has the same words and stays on this computer or in the backup, as the text says. The screen stays until \
you \
have read it and press Enter.""")


def _tools() -> tuple[str, str]:
    return _("Tools"), _("""\
  Read a backup back   reads every byte of a backup and compares it
  Check a place        looks whether everything that backups need is there
  Undo last write      brings back table and headers of a disk as they were before this program wrote it; not the files
  State of a drive     what the drive says of its own health (SMART)
  Read test            reads the whole surface of a disk and lists what cannot be read; writes nothing
  Partition table      keeps it in a file, or writes it back
  Shell                a command line, for those who know what to do there

What overwrites something asks for the serial number of the disk, as everywhere.""")


def _network() -> tuple[str, str]:
    return _("Network"), _("""\
A cable is found by itself: plug it in, and after a few seconds the address is shown here.

For Wi-Fi choose the network and type its password. It is forgotten when this computer is switched off.

The network is used for nothing but the places that you choose. Nothing is sent anywhere else.""")


def _log() -> tuple[str, str]:
    return _("The log"), _("""\
Everything that this program and the system have said since the start, the newest at the end.

  /  searches for a text, N goes to the next place, Shift+N to the one before

The log can be kept in the place where backups lie, or on a drive, to show it to somebody who helps. It holds names \
and \
serial numbers of your drives, but nothing of your files, and no passwords.""")


def _keys_text() -> str:
    return _("""\
The keys that work on a screen stand at its lower edge; with a mouse they can be clicked.

  Up, Down      move the cursor, or the text
  Enter         choose what the cursor stands on
  Space         mark, or change a yes or no
  PgUp, PgDn    move by a page
  Esc           back; nothing has happened
  F1            help for this screen
  F2            other colours: dark, light, high contrast, without colours
  Ctrl+P        a list of everything that can be done, to search in
  Ctrl+Q        quit at once; jobs go on

No key overwrites anything by itself. Where something will be overwritten, you type the serial number of the disk.""")


def _keys() -> tuple[str, str]:
    return _("Keys"), _keys_text()


_PAGES: dict[str, Callable[[], tuple[str, str]]] = {
    "home": _home,
    "backup": _backup,
    "restore": _restore,
    "clone": _clone,
    "place": _place,
    "share": _share,
    "image": _image,
    "partitions": _partitions,
    "target": _target,
    "confirm": _confirm,
    "progress": _progress,
    "result": _result,
    "tools": _tools,
    "network": _network,
    "log": _log,
    _KEYS: _keys,
    "images": lambda: (_("Backups"), _image()[1]),
}
