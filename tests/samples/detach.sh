#!/bin/sh
# Detach every loop device whose file lies below a directory; others are left alone.
set -eu
directory=$(realpath "$1")
losetup --list --noheadings --output NAME,BACK-FILE | while read -r device file; do
    case $file in
    "$directory"/*)
        umount "$device"* 2>/dev/null || true
        losetup --detach "$device"
        ;;
    esac
done
