# What the benchmarks share; sourced by each of them. Places come from the
# environment of make, or are those of a build in the tree.
#
# shellcheck shell=bash

unset CDPATH
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

# keep NAME=VALUE...: a result for the history; without one, a note. What is booted
# in kvm-vmm of several commits (MKVM_SAME_IMAGE) is another image than each one's.
keep()
{
	MKVM_TOP=$top PYTHONPATH=$top PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -m compare.kept "$@" || :
}

# need FILE...: they exist
need()
{
	local file
	for file; do
		[ -f "$file" ] || die "$file: not built yet; run: make lab all"
	done
}

# need_kvm: or the benchmark ends here, which is no failure
need_kvm()
{
	[ -w /dev/kvm ] && return
	echo "skipped: /dev/kvm: missing or not ours; see: make doctor"
	exit 0
}

# compile RESULT SOURCE WORDS...: unless it is newer than all sources here
compile()
{
	local result=$out/$1 source=$bench/$2
	shift 2
	[ -f "$result" ] && [ -z "$(find "$bench" -name '*.[chS]' -newer \
		"$result")" ] && return
	mkdir -p "$out"
	"${CC:-gcc}" -O2 -std=gnu11 -Wall -Wextra -Wshadow -Wvla -Werror \
		-I"$top/vmm" -o "$result" "$source" "$@"
}

# vmm_is_static: images/kvm-vmm is
vmm_is_static()
{
	! readelf -lW "$images/kvm-vmm" | grep -q INTERP
}

# How a small program of ours is linked; kvm-vmm is a PIE besides.
link=(-s -pthread '-Wl,-z,relro,-z,now')

# compile_static RESULT SOURCE: as kvm-vmm is when it is static, with musl
compile_static()
{
	CC=musl-gcc compile "$1" "$2" -isystem "$build/musl/include" \
		"${link[@]}" -static -Wl,-z,noseparate-code
}

# compile_like_vmm RESULT SOURCE: linked with the C library that kvm-vmm has
compile_like_vmm()
{
	if vmm_is_static; then
		compile_static "$1" "$2"
	else
		compile "$1" "$2" "${link[@]}"
	fi
}

# assemble RESULT SOURCE WORDS...: a real-mode guest, as guests/build.mk does it
assemble()
{
	local result=$out/$1 source=$bench/$2
	shift 2
	"${CC:-gcc}" -m16 -ffreestanding -nostdlib -static -I"$top/vmm" \
		-D__ASSEMBLY__ "$@" -Wl,-Ttext=0 -Wl,-e,0 -Wl,--build-id=none \
		-Wl,-melf_i386 -o "$out/guest.elf" "$source"
	objcopy -O binary -j .text "$out/guest.elf" "$result"
}

# copy_qemu QEMU FOLDER: it, the libraries that it is linked with, and the firmware
copy_qemu()
{
	local qemu=$1 folder=$2 firmware=/usr/share/qemu
	mkdir -p "$folder/lib" "$folder/bios"
	cp "$qemu" "$folder/qemu"
	ldd "$qemu" | awk '/=> \// { print $3 }' |
		xargs -I{} cp -L {} "$folder/lib"
	cp -L /lib64/ld-linux-x86-64.so.2 "$folder/lib/ld.so"
	cp -L "$firmware"/bios-microvm.bin "$firmware"/qboot.rom \
		"$firmware"/linuxboot_dma.bin "$firmware"/pvh.bin "$folder/bios"
}
