# Sourced by the scripts that enter the makes of Linux and BusyBox.
#
# What those makes see is fixed here: nothing of our command line and nothing of
# the user's shell but what is named reaches them, dates and names are constant,
# so that the same sources and the same configuration give the same bytes anywhere.

# V=1 is for them too, and shows all they print.
verbose=${V:-}

# kept NAME...: those of the variables that are set, as words for env. Of make's
# own only the part on jobs is passed on: ours has -n, -k and -t for itself.
kept() {
	local variable word jobs=
	for variable; do
		if [ -n "${!variable+set}" ]; then
			clean+=("$variable=${!variable}")
		fi
	done
	for word in ${MAKEFLAGS:-}; do
		case $word in -j* | --jobserver*) jobs="$jobs $word" ;; esac
	done
	clean+=("MAKEFLAGS=$jobs")
}

# CCACHE_*: relative paths in the cache, so that a second clone finds what the
# first one compiled; dependencies from the compiler, so that a miss costs one run.
clean=(LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=0
	KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
	KBUILD_BUILD_USER=mini-kvm KBUILD_BUILD_HOST=mini-kvm
	KBUILD_BUILD_VERSION=1)
# shellcheck disable=SC2046 # names of variables
kept PATH HOME TMPDIR XDG_CACHE_HOME XDG_CONFIG_HOME \
	$(compgen -e CCACHE_ || :)
clean+=("CCACHE_BASEDIR=$MKVM_BUILD" CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1)

# cleanly [NAME=VALUE]... COMMAND...: runs it with that environment.
cleanly() {
	env -i "${clean[@]}" "$@"
}

# alone FILE: holds FILE's lock to the end, so that two makes started at the same
# time do not build in one directory.
alone() {
	exec 9>"$1"
	flock -n 9 && return
	printf '  %-7s another make builds it; waiting\n' "${name^^}"
	flock 9
}

# cached COMPILER: the compiler, through ccache when that can be used.
ccache=${MKVM_CCACHE-$("$tools/ccache")}
cached() {
	echo "${ccache:+$ccache }$1"
}

# progress LOG COUNTFILE ESTIMATE COMMAND...: runs a long build, shows how far
# it is and how it ended.
progress() {
	log=$1 count=$2 estimate=$3
	shift 3
	"$@" ${verbose:+V="$verbose"} 2>&1 </dev/null | V=$verbose \
		"$tools/progress" "$name" "$log" "$count" "$estimate"
	[ "${PIPESTATUS[0]}" = 0 ] || failed "$log"
	printf '  %-7s done  %d:%02d\n' "${name^^}" \
		$((SECONDS / 60)) $((SECONDS % 60))
}

# logged LOG COMMAND...: runs COMMAND silently; shows LOG's end when it fails.
logged() {
	log=$1
	shift
	"$@" >>"$log" 2>&1 </dev/null || failed "$log"
}

# failed LOG: what went wrong according to LOG, and where all of it is.
failed() {
	echo "mini-kvm: $name: the build failed; its last lines:" >&2
	if ! grep -n -E -A4 'error:|Error [0-9]|No rule to make' "$1" \
	     >"$1.errors"; then
		tail -n 15 "$1" >"$1.errors"
	fi
	tail -n 25 "$1.errors" | sed 's/^/    /' >&2
	rm -f "$1.errors"
	echo "mini-kvm: $name: the whole log is $1" >&2
	exit 1
}
