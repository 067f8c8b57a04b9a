# Rescue. `make help` tells what there is.

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON := .venv/bin/python
IMAGE := build/rescue.iso

# Disks can be read and written by root only.
ifeq ($(shell id -u),0)
AS_ROOT :=
else
AS_ROOT := sudo --preserve-env=CI
endif

FIRMWARE ?= uefi
MEMORY ?= 2048
VM_OPTIONS = --firmware $(FIRMWARE) --memory $(MEMORY) $(if $(GUI),--window)

# The program reads what msgfmt makes of a catalogue. Whoever runs or packs the program needs it fresh.
catalogues = $(patsubst %.po,%.mo,$(wildcard rescue/locale/*/LC_MESSAGES/*.po))

.PHONY: help setup texts run tour test unit lint bench bench-keys bench-boot iso vm usb clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## install packages and the virtual environment; quick when nothing changed
	@.ci/setup
	@$(MAKE) --silent --no-print-directory $(catalogues)

%.mo: %.po
	@msgfmt --check-format --check-domain --output-file=$@ $<

texts: setup ## collect the program's texts into the catalogues of translations: docs/translate.md
	@.ci/texts
	@$(MAKE) --silent --no-print-directory $(catalogues)

run: setup ## make sample disks and open the full-screen program on them; PLAIN=1 for numbered questions
	@$(AS_ROOT) $(PYTHON) -m tests.samples.screen build/samples $(if $(PLAIN),--plain)

tour: setup ## show the command line on the sample disks: scan, back up, wipe, restore, verify
	@$(AS_ROOT) $(PYTHON) -m tests.samples.road build/samples

test: setup build/rescue.iso ## run every test; needs root for loop devices, takes some minutes for virtual machines
	@$(AS_ROOT) $(PYTHON) -m pytest

unit: setup ## run the tests that need no root and no disks
	@$(PYTHON) -m pytest tests/unit

lint: setup ## run the linters alone; they are tests as well
	@$(PYTHON) -m pytest -q tests/unit/test_lint.py

bench: setup ## compare speed, size and memory with the peers, in alternating runs
	@$(AS_ROOT) $(PYTHON) -m tests.bench

bench-keys: setup ## measure how soon a key shows on the screen while a job runs at full speed
	@$(AS_ROOT) $(PYTHON) -m tests.bench.keys

bench-boot: setup build/rescue.iso ## measure the stick: size, memory, seconds to the program; BUILD=1 for making it too
	@$(AS_ROOT) $(PYTHON) -m tests.bench.boot $(if $(BUILD),--build)

iso: setup build/rescue.iso ## make the image of the bootable stick, build/rescue.iso
	@echo "build/rescue.iso is ready ($$(du -m --apparent-size build/rescue.iso | cut -f1) MiB). Write it: make usb DEV=/dev/sdX"

vm: setup build/rescue.iso ## try the stick in a virtual machine; FIRMWARE=bios|uefi|secure, MEMORY=MiB, GUI=1
	@$(AS_ROOT) $(PYTHON) -m tests.vm.sample_disks build/samples-vm
	@$(PYTHON) -m tests.vm build/rescue.iso build/samples-vm $(VM_OPTIONS)

usb: setup $(if $(DEV),$(filter build/rescue.iso,$(IMAGE))) ## write the stick: make usb DEV=/dev/sdX [DATA=1 for a data partition with a repository]
	@if [ -z "$(DEV)" ]; then \
	  echo "Name the stick: make usb DEV=/dev/sdX. All that is on it will be lost. These disks are there:" >&2; \
	  $(AS_ROOT) .venv/bin/rescue disks >&2; exit 2; \
	fi
	@$(AS_ROOT) .venv/bin/rescue stick "$(IMAGE)" "$(DEV)" $(if $(filter-out 0 no,$(DATA)),--data)

include livebuild/rules.mk

clean: ## remove sample disks, caches and the virtual environment
	@if [ -d build ]; then $(AS_ROOT) sh tests/samples/detach.sh build && $(AS_ROOT) rm -rf ./build; fi
	@rm -f $(catalogues)
	@rm -rf ./.venv ./*.egg-info ./.mypy_cache ./.ruff_cache ./.pytest_cache ./.hypothesis
