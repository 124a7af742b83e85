# Sourced by the scripts that enter the makes of Linux and BusyBox.
#
# What those makes see is fixed here: no variable of our command line or of the
# user's shell reaches them, dates and names are constant, so that the same
# sources and the same configuration give the same bytes anywhere.

# make -n runs what starts another make; it should only talk.
case ${MAKEFLAGS:-} in
-*|" "*|"") ;;
*)	case ${MAKEFLAGS%% *} in *n*) exit 0 ;; esac ;;
esac

# V=1 is for them too, and shows all they print.
verbose=${V:-}

unset CC CFLAGS CPPFLAGS LDFLAGS CROSS_COMPILE ARCH O V M T W C
unset KCONFIG_CONFIG KCONFIG_ALLCONFIG KCONFIG_SEED KBUILD_OUTPUT
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=0
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
export KBUILD_BUILD_USER=mini-kvm KBUILD_BUILD_HOST=mini-kvm
export KBUILD_BUILD_VERSION=1

# Relative paths in the cache, so that a second clone finds what the first one
# compiled; dependencies from the compiler, so that a miss costs one run of it.
export CCACHE_BASEDIR=$MKVM_BUILD CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1

# alone FILE: holds FILE's lock to the end, so that two makes started at the same
# time do not build in one directory.
alone() {
	exec 9>"$1"
	flock -n 9 && return
	printf '  %-7s another make builds it; waiting\n' "${name^^}"
	flock 9
}

# cached COMPILER: the compiler, through ccache when that is installed.
cached() {
	if command -v ccache >/dev/null; then
		echo "ccache $1"
	else
		echo "$1"
	fi
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
