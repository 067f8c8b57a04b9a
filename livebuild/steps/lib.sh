# shellcheck shell=sh
# What the steps share. A step is called from the top folder of the project and leaves its result whole or not at all.

work=build/live
# shellcheck disable=SC2034 # for the steps
builder=build/builder
suite=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
: "${SOURCE_DATE_EPOCH:=$(git -c safe.directory='*' log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}"
export SOURCE_DATE_EPOCH

# fail WHAT HINT: end the step with a sentence.
fail() {
	printf 'make iso: %s\n          %s\n' "$1" "$2" >&2
	exit 1
}

require_root() {
	[ "$(id -u)" -eq 0 ] || fail "Only root can make the image." "Run it through make, which calls sudo."
}

# require_space MIB: refuse before a disk is filled.
require_space() {
	free=$(($(df --output=avail -k . | tail -n 1) / 1024))
	[ "$free" -ge "$1" ] || fail "$1 MiB are needed in $(pwd), and $free are free." "Make room, or move the project."
}

# sources COMPONENTS: Debian 13's package sources from the mirror that this machine's own apt uses. Prints nothing
# where that apt knows no Debian (Ubuntu): mmdebstrap then takes its own default, or DEBIAN_MIRROR names one.
sources() {
	if [ -n "${DEBIAN_MIRROR:-}" ]; then
		echo "deb [signed-by=$keyring] $DEBIAN_MIRROR $suite $1"
		return
	fi
	# shellcheck disable=SC2016 # the dollars are apt's
	apt-get indextargets --format '$(CREATED_BY)|$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' |
		awk -F '|' -v suite="$suite" -v components="$1" -v options="[signed-by=$keyring]" '
			$1 != "Packages" || $2 != "Debian" || $5 != "main" || $4 ~ /backports|proposed/ { next }
			{ kind = "" }
			match($4, /-[a-z]+$/) { kind = substr($4, RSTART) }
			!seen[$3 kind]++ { print "deb", options, $3, suite kind, components }'
}

# tree DIRECTORY COMPONENTS PACKAGES-FILE... -- [MMDEBSTRAP-OPTION...]: unpack a Debian 13 system with these packages.
tree() (
	directory=$1 components=$2
	shift 2
	packages=
	while [ "$1" != -- ]; do
		packages="$packages,$(sed 's/#.*//' "$1" | tr -s '[:space:]' ',')"
		shift
	done
	shift
	rm -rf --one-file-system "$directory.new"
	sources "$components" >"$work/sources.list"
	apt-config dump Acquire::http Acquire::https | sed -n '/::Proxy/p' >"$work/apt.conf"
	# shellcheck disable=SC2046 # no word where this machine knows no mirror of Debian
	mmdebstrap --quiet --mode=root --variant=apt --format=directory --components="$(echo "$components" | tr ' ' ,)" \
		--keyring="$keyring" --aptopt="$work/apt.conf" --aptopt='APT::Install-Recommends "false"' \
		--include="$(echo "$packages" | sed 's/,,*/,/g; s/^,//; s/,$//')" "$@" \
		"$suite" "$directory.new" $([ -s "$work/sources.list" ] && echo "$work/sources.list") ||
		fail "Debian's packages could not be fetched or installed." "Is there a network? Is apt on this machine set up?"
	rm -rf --one-file-system "$directory"
	mv "$directory.new" "$directory"
)

# inside TREE COMMAND...: run a command in a system tree, with this project at /project. Its mounts end with it.
inside() (
	tree=$1
	shift
	mkdir -p "$tree/project"
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --pid --fork --kill-child sh -euc '
		tree=$1
		shift
		mount --make-rprivate /
		mount -t proc proc "$tree/proc"
		mount --rbind /dev "$tree/dev"
		mount --bind "$(pwd)" "$tree/project"
		exec chroot "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
			SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" sh -euc "cd /project; exec \"\$@\"" sh "$@"
	' sh "$tree" "$@"
)
