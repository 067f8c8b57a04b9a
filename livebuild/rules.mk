# How the stick's image is made: each file by one script in livebuild/steps, from the files that it depends on.
#
#   packages, hooks ─► system ─► system.squashfs ─┐
#                        └─────► initrd.img ──────┤
#   .ci/image.lock ──► wheels ─► program.squashfs ┴─► build/rescue.iso
#   rescue, overlay ─────────────┘
#
# All of it runs with the tools of build/builder, a Debian system that is unpacked beside this one.

live := build/live
steps := livebuild/steps
# `make iso` on a machine whose own apt knows no Debian: DEBIAN_MIRROR=ADDRESS
step = $(AS_ROOT) env DEBIAN_MIRROR='$(DEBIAN_MIRROR)' SQUASHFS_LEVEL='$(SQUASHFS_LEVEL)' $(steps)
files = $(shell find $(1) -type f ! -name '*.pyc')

build/builder.ready: $(steps)/builder $(steps)/lib.sh livebuild/builder/packages.list
	@$(step)/builder

$(live)/system.ready: $(steps)/system $(call files,livebuild/packages livebuild/hooks) | build/builder.ready
	@$(step)/system

$(live)/system.squashfs: $(steps)/squashfs $(live)/system.ready
	@$(step)/squashfs

$(live)/initrd.img: $(steps)/initrd $(live)/system.ready $(call files,livebuild/initramfs)
	@$(step)/initrd

$(live)/wheels: $(steps)/wheels .ci/image.lock .ci/build.lock build/builder.ready
	@$(step)/wheels

$(live)/program.squashfs: $(steps)/program $(live)/wheels pyproject.toml $(catalogues) $(call files,rescue livebuild/overlay livebuild/quiet)
	@$(step)/program

build/rescue.iso: $(steps)/iso $(live)/system.squashfs $(live)/initrd.img $(live)/program.squashfs $(call files,livebuild/boot)
	@$(step)/iso
