#!/bin/sh
# slim.sh ROOT: what an emulated processor would only lose time on at boot, and what a sample disk does not need.
set -eu
root=$1

for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
	fstrim.timer grub-common.service grub-initrd-fallback.service ldconfig.service systemd-binfmt.service \
	systemd-boot-system-token.service systemd-hwdb-update.service systemd-journal-catalog-update.service \
	systemd-journal-flush.service systemd-machine-id-commit.service systemd-modules-load.service \
	systemd-networkd.service systemd-pcrphase-sysinit.service systemd-pstore.service systemd-random-seed.service \
	systemd-sysctl.service systemd-sysusers.service systemd-timesyncd.service systemd-tmpfiles-setup.service \
	systemd-update-done.service systemd-update-utmp.service dev-hugepages.mount dev-mqueue.mount \
	sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
	modprobe@.service systemd-ask-password-console.path systemd-ask-password-wall.path getty.target; do
	ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

# A machine id that is there keeps systemd from its first-boot work.
echo 5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e >"$root/etc/machine-id"
echo sample >"$root/etc/hostname"
rm -rf "$root"/etc/apt/sources.list* "$root"/var/lib/apt/lists/* \
	"$root"/var/cache/apt/* "$root"/var/cache/debconf/*-old "$root"/var/log/*
