# What the benchmarks share; sourced by each of them. Places come from the
# environment of make, or are those of a build in the tree.
#
# shellcheck shell=bash

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
top=${bench%/tests/bench}
build=${MKVM_BUILD:-$top/build}
images=${MKVM_IMAGES:-$top/images}
out=$build/bench
export MKVM_BUILD=$build

# die WORDS...
die()
{
	echo "bench: $*" >&2
	exit 70
}

# need FILE...: they exist
need()
{
	local file
	for file; do
		[ -f "$file" ] || die "$file: not built yet; run: make lab all"
	done
}

# compile RESULT SOURCE WORDS...: unless it is up to date
compile()
{
	local result=$out/$1 source=$bench/$2
	shift 2
	[ "$result" -nt "$source" ] && [ "$result" -nt "$bench/marker.h" ] &&
		return
	mkdir -p "$out"
	"${CC:-gcc}" -O2 -std=gnu11 -Wall -Wextra -Wshadow -Wvla -Werror \
		-I"$top/vmm" -o "$result" "$source" "$@"
}
