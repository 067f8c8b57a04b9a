"""What smartctl tells in JSON about drives that exist nowhere. Fields as in smartmontools 7.3 to 7.5."""

from __future__ import annotations

import copy
from typing import Any

Sample = dict[str, Any]


def base(name: str, kind: str, protocol: str, status: int, *messages: str) -> Sample:
    """The head of every answer."""
    told = [{"string": message, "severity": "error"} for message in messages]
    return {
        "json_format_version": [1, 0],
        "smartctl": {
            "version": [7, 4],
            "argv": ["smartctl", "--json", name],
            **({"messages": told} if told else {}),
            "exit_status": status,
        },
        "device": {"name": name, "info_name": f"{name} [{protocol}]", "type": kind, "protocol": protocol},
    }


def attribute(
    number: int, name: str, count: int | str, *, value: int = 100, limit: int = 0, failed: str = ""
) -> Sample:
    """A row of the table of an ATA drive; a count as text is packed with others."""
    packed = 12345678901234 if isinstance(count, str) else count
    return {
        "id": number,
        "name": name,
        "value": value,
        "worst": value,
        "thresh": limit,
        "when_failed": failed,
        "flags": {"value": 51, "string": "PO--CK ", "prefailure": number in (1, 3, 5, 7, 10), "updated_online": True},
        "raw": {"value": packed, "string": str(count)},
    }


def ata(*changed: Sample, status: int = 0, passed: bool | None = True, rotation: int = 7200) -> Sample:
    """A hard disk in good health but for the attributes that are `changed`; `rotation` 0 is an SSD."""
    table = [
        attribute(1, "Raw_Read_Error_Rate", 199781349, value=83, limit=44),
        attribute(5, "Reallocated_Sector_Ct", 0, limit=10),
        attribute(9, "Power_On_Hours", "36055 (118 37 0)", value=59),
        attribute(187, "Reported_Uncorrect", 0),
        attribute(194, "Temperature_Celsius", "36 (0 3 0 0 0)", value=36),
        attribute(197, "Current_Pending_Sector", 0),
        attribute(198, "Offline_Uncorrectable", 0),
    ]
    numbers = {row["id"]: row for row in (*table, *changed)}
    return {
        **base("/dev/sda", "sat", "ATA", status),
        "model_name": "ST2000DM008-2FR102",
        "serial_number": "ZFL0ABCD",
        "firmware_version": "0001",
        "rotation_rate": rotation,
        "smart_support": {"available": True, "enabled": True},
        **({} if passed is None else {"smart_status": {"passed": passed}}),
        "ata_smart_attributes": {"revision": 10, "table": [numbers[key] for key in sorted(numbers)]},
        "power_on_time": {"hours": 36055},
        "power_cycle_count": 279,
        "temperature": {"current": 36},
    }


def nvme(status: int = 0, **changed: object) -> Sample:
    """An NVMe drive in good health but for what is `changed` in its log."""
    log = {
        "critical_warning": 0,
        "temperature": 38,
        "available_spare": 100,
        "available_spare_threshold": 10,
        "percentage_used": 4,
        "data_units_read": 68451231,
        "power_cycles": 1216,
        "power_on_hours": 9412,
        "unsafe_shutdowns": 71,
        "media_errors": 0,
        "num_err_log_entries": 1604,
        "temperature_sensors": [38, 45],
        **changed,
    }
    return {
        **base("/dev/nvme0", "nvme", "NVMe", status),
        "model_name": "Samsung SSD 980 PRO 1TB",
        "serial_number": "S5GXNX0T123456A",
        "firmware_version": "5B2QGXA7",
        "smart_support": {"available": True, "enabled": True},
        "smart_status": {"passed": not log["critical_warning"], "nvme": {"value": log["critical_warning"]}},
        "nvme_smart_health_information_log": log,
        "temperature": {"current": log["temperature"]},
        "power_on_time": {"hours": 9412},
    }


def scsi(*, grown: int = 0, uncorrected: int = 0, passed: bool = True, ie: str = "", status: int = 0) -> Sample:
    """A SAS drive."""
    counters = {"total_errors_corrected": 2657, "gigabytes_processed": "3237519.423", "total_uncorrected_errors": 0}
    return {
        **base("/dev/sdb", "scsi", "SCSI", status),
        "scsi_vendor": "TOSHIBA",
        "model_name": "TOSHIBA AL13SXB60EN",
        "serial_number": "X4P0A00AFRD6",
        "rotation_rate": 15000,
        "smart_support": {"available": True, "enabled": True},
        "smart_status": {"passed": passed, **({"scsi": {"asc": 93, "ascq": 16, "ie_string": ie}} if ie else {})},
        "temperature": {"current": 41, "drive_trip": 65},
        "power_on_time": {"hours": 64579, "minutes": 53},
        "scsi_grown_defect_list": grown,
        "scsi_error_counter_log": {
            "read": {**counters, "total_uncorrected_errors": uncorrected},
            "write": copy.deepcopy(counters),
        },
    }


def bridge() -> Sample:
    """A USB adapter that smartctl does not know."""
    sample = base("/dev/sdc", "scsi", "SCSI", 1, "/dev/sdc: Unknown USB bridge [0x0bda:0x9201 (0xf200)]")
    del sample["device"]
    return sample


def asleep(mode: str = "STANDBY") -> Sample:
    """A drive that stands still."""
    return base("/dev/sda", "sat", "ATA", 2, f"Device is in {mode} mode, exit(2)")


def loop() -> Sample:
    """No drive at all."""
    sample = base("/dev/loop0", "", "", 1, "/dev/loop0: Unable to detect device type")
    del sample["device"]
    return sample
