"""What the counters of a drive mean: rules for ATA, NVMe and SCSI, from smartctl's JSON to findings in plain words.

Names of fields: smartmontools, src/ataprint.cpp, nvmeprint.cpp and scsiprint.cpp. What a drive says is anybody's bytes:
a field that is not there or of another kind counts as not told.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rescue.devices.health import State
from rescue.language import _, ngettext
from rescue.text import printable

Document = Mapping[str, Any]

_WORN_PERCENT = 90
_MANY_LOST = 10  # a few sectors are lost by a power cut, too
_LARGEST = 1 << 64
_LEADING_NUMBER = re.compile(r"\d{1,19}")
_TEMPERATURE_IDS = (190, 194)
# Normalised values that begin at 100 and count down what is left of the flash memory: smartmontools' drivedb.h.
_LIFE_LEFT = re.compile(
    r"SSD_Life_Left.*|Wear_Leveling.*|Percent_Lifetime_Remain.*|Media_Wearout_Indicator|Remaining_Lifetime_Perc"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: a few words for a card, and the sentence."""

    state: State
    word: str
    sentence: str


def number(document: object, *names: str) -> int | None:
    """A count at a place of the document; None where there is none. Counts that JSON cannot hold come as text."""
    value = at(document, *names)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= len(str(_LARGEST)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LARGEST:
        return None
    return value


def at(document: object, *names: str) -> object:
    """What is at a place of the document; None where nothing is."""
    for name in names:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def text(document: object, *names: str) -> str:
    """A text at a place of the document, printable and not too long; empty where there is none."""
    value = at(document, *names)
    return printable(value)[:200] if isinstance(value, str) else ""


def rows(document: Document) -> list[Document]:
    """The attributes of an ATA drive."""
    table = at(document, "ata_smart_attributes", "table")
    return [row for row in table if isinstance(row, Mapping)] if isinstance(table, list) else []


def raw(row: Document) -> int | None:
    """The count of an attribute. Drives pack other numbers into the same field; the text begins with the count."""
    told = _LEADING_NUMBER.match(text(row, "raw", "string"))
    return int(told[0]) if told else number(row, "raw", "value")


def findings(document: Document) -> list[Finding]:
    """Everything that is wrong, in no order."""
    if isinstance(at(document, "nvme_smart_health_information_log"), Mapping):
        return list(_nvme(document))
    return [*_ata(rows(document)), *_scsi(document), *_own_verdict(document), *_wear(_wear_percent(document))]


def _own_verdict(document: Document) -> Iterator[Finding]:
    if at(document, "smart_status", "passed") is False:
        why = text(document, "smart_status", "scsi", "ie_string")
        sentence = _("The drive itself says that it is failing.")
        yield Finding(State.FAILING, _("failing, as it says itself"), f"{sentence} ({why})" if why else sentence)


def _ata(table: list[Document]) -> Iterator[Finding]:
    yield from _ata_limits(table)
    counts = {number(row, "id"): (text(row, "name"), raw(row) or 0) for row in table}
    lost = max((counts[key][1] for key in (197, 198) if key in counts and _counts_sectors(counts[key][0])), default=0)
    yield from _lost(lost)
    if counts.get(5, ("", 0))[1]:
        yield _replaced(counts[5][1])
    if counts.get(187, ("", 0))[1]:
        yield _failed_reads(counts[187][1])


def _counts_sectors(name: str) -> bool:
    """Some SSDs count corrections under the numbers of lost sectors."""
    return "Sector" in name or "Uncorrect" in name or name.startswith("Unknown")


def _ata_limits(table: list[Document]) -> Iterator[Finding]:
    """Attributes below the limit that the maker set. Heat of the past says nothing about today."""
    for row in table:
        when, early = text(row, "when_failed"), at(row, "flags", "prefailure") is True
        name = text(row, "name").replace("_", " ") or _("a counter")
        if when == "now" and early:
            sentence = _("“{name}” is below the limit of its maker: the drive may fail soon.").format(name=name)
            yield Finding(State.FAILING, _("failing: {name}").format(name=name), sentence)
        elif when == "now" and number(row, "id") not in _TEMPERATURE_IDS:
            sentence = _("“{name}” is below the limit of its maker: the drive is worn.").format(name=name)
            yield Finding(State.WARNING, _("worn: {name}").format(name=name), sentence)
        elif when == "past" and early:
            sentence = _("“{name}” was below the limit of its maker before.").format(name=name)
            yield Finding(State.WARNING, _("watch it: {name}").format(name=name), sentence)


def _lost(count: int) -> Iterator[Finding]:
    if not count:
        return
    words = ngettext("{count} sector lost", "{count} sectors lost", count).format(count=count)
    sentence = ngettext(
        "{count} sector cannot be read any more.", "{count} sectors cannot be read any more.", count
    ).format(count=count)
    if count < _MANY_LOST:
        yield Finding(State.WARNING, _("watch it: {what}").format(what=words), sentence)
    else:
        yield Finding(State.FAILING, _("failing: {what}").format(what=words), sentence)


def _replaced(count: int) -> Finding:
    words = ngettext("{count} sector replaced", "{count} sectors replaced", count).format(count=count)
    sentence = ngettext(
        "{count} bad sector was replaced by a spare one.", "{count} bad sectors were replaced by spare ones.", count
    ).format(count=count)
    return Finding(State.WARNING, _("watch it: {what}").format(what=words), sentence)


def _failed_reads(count: int) -> Finding:
    words = ngettext("{count} error", "{count} errors", count).format(count=count)
    sentence = ngettext(
        "{count} error could not be corrected so far.", "{count} errors could not be corrected so far.", count
    ).format(count=count)
    return Finding(State.WARNING, _("watch it: {what}").format(what=words), sentence)


def _wear_percent(document: Document) -> int | None:
    """How much of the flash memory's life is used; None for drives that turn, and where nobody tells."""
    told = number(document, "endurance_used", "current_percent")
    told = number(document, "scsi_percentage_used_endurance_indicator") if told is None else told
    if told is not None or number(document, "rotation_rate") != 0:
        return told
    left = [number(row, "value") for row in rows(document) if _LIFE_LEFT.fullmatch(text(row, "name"))]
    return max((100 - value for value in left if value is not None and value <= 100), default=None)


def _wear(percent: int | None) -> Iterator[Finding]:
    if percent is not None and percent >= _WORN_PERCENT:
        word = _("worn: {percent} % used").format(percent=percent)
        sentence = _("{percent} % of the life that its maker promises are used.").format(percent=percent)
        yield Finding(State.WARNING, word, sentence)


def _nvme(document: Document) -> Iterator[Finding]:
    log = at(document, "nvme_smart_health_information_log")
    yield from _nvme_warnings(number(log, "critical_warning") or 0)
    spare, least = number(log, "available_spare"), number(log, "available_spare_threshold")
    if spare is not None and least is not None and spare < least:
        sentence = _("{spare} % of its spare memory are left; {least} % is the least that is safe.")
        yield Finding(State.FAILING, _("failing: no spare memory left"), sentence.format(spare=spare, least=least))
    yield from _wear(number(log, "percentage_used"))
    errors = number(log, "media_errors")
    if errors:
        yield _failed_reads(errors)


def _nvme_warnings(bits: int) -> Iterator[Finding]:
    """The bits of NVM Express Base Specification, "SMART / Health Information", critical warning."""
    meanings = (
        (0x01, State.FAILING, _("failing: no spare memory left"), _("Its spare memory is nearly used up.")),
        (0x02, State.WARNING, _("too hot or too cold"), _("It is too hot or too cold.")),
        (0x04, State.FAILING, _("failing, as it says itself"), _("The drive itself says that it is not reliable.")),
        (0x08, State.FAILING, _("failing: cannot be written"), _("It can only be read any more.")),
        (0x10, State.WARNING, _("watch it: power backup"), _("Its protection against power cuts has failed.")),
        (0x20, State.WARNING, _("watch it: memory region"), _("Its persistent memory region is not reliable.")),
    )
    yield from (Finding(state, word, sentence) for bit, state, word, sentence in meanings if bits & bit)
    if bits & ~0x3F:
        yield Finding(State.WARNING, _("watch it: it warns"), _("It warns of something that is not known here."))


def _scsi(document: Document) -> Iterator[Finding]:
    grown = number(document, "scsi_grown_defect_list")
    if grown:
        yield _replaced(grown)
    log = at(document, "scsi_error_counter_log")
    kinds = ("read", "write", "verify")
    errors = sum(number(log, kind, "total_uncorrected_errors") or 0 for kind in kinds)
    if errors:
        yield _failed_reads(errors)
