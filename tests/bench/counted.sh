# shellcheck shell=bash disable=SC2154 # what common.sh sets
# What the benchmarks of counted boots share; sourced by them, after common.sh.
#
# A boot is counted from exec to the first instruction of the guest's /init, in the
# lab by the plugin count.c. What is executed and read is copied to the lab's /tmp
# first, so reading it over 9p is not in the count. Everything else is: execve, the
# C library's start, the lab kernel's KVM, the guest. In the initramfs /init is
# replaced, by a small archive behind it, with a program whose first instruction ends
# the count.
#
# A row is boots in one lab, of which the first is not counted: it alone finds KVM
# off and no page table for the images. With several vCPUs who waits for whom is
# chance, so there are more boots; the row is their median.

unset CDPATH
initrd=$(find "$images" -maxdepth 1 -name 'initramfs.cpio*' | head -n 1)
need "$images/kvm-vmm" "${initrd:-$images/initramfs.cpio}" \
	"$build/host/initcpio"

# Copied inside before the count starts; $1 is the directory of the copies, $2
# how many boots.
# shellcheck disable=SC2016
inside='
dir=$1 boots=$2
shift 2
cp -a "$dir"/* /tmp
cd /tmp
while [ "$boots" -gt 0 ]; do
	./stamp "$@" || exit
	boots=$((boots - 1))
done'

# prepare FILE...: what is copied, besides kvm-vmm and raw.cpio
prepare()
{
	compile count.so count.c -shared -fPIC -fvisibility=hidden
	compile stamp stamp.c -static
	compile init init.S -static -nostdlib -Wl,--build-id=none
	strip "$out/init"
	rm -rf "${out:?}/boot"
	mkdir -p "$out/boot"
	cp "$out/stamp" "$images/kvm-vmm" "$@" "$out/boot"
	echo "file /init $out/init 755 0 0" >"$out/init.list"
	"$build/host/initcpio" create -o "$out/init.cpio" "$out/init.list"
	case $initrd in
	*.gz) gzip -dc "$initrd" >"$out/raw.cpio" ;;
	*) cp "$initrd" "$out/raw.cpio" ;;
	esac
	cat "$out/raw.cpio" "$out/init.cpio" >"$out/boot/raw.cpio"
}

# counts NAME BOOTS WORDS...: the counts of boots by these words, a line each:
# all instructions, VM exits, the guest's own instructions
counts()
{
	local name=$1 boots=$2 marks=$out/marks
	shift 2
	rm -f "$marks"
	"$top/lab/run" --count --mem 2G --timeout 600 --share "$out/boot" \
		--plugin "$out/count.so,out=$marks" -- \
		/bin/sh -c "$inside" sh "$out/boot" "$boots" "$@" \
		</dev/null >"$out/log" 2>&1 || {
		tail -n 5 "$out/log" >&2
		die "$name: the guest did not end well; its log: $out/log"
	}
	awk -v boots="$boots" '
	$1 == "E" { first = $2; entered = $3; guest = $4 }
	$1 == "I" && first {
		print $2 - first, $3 - entered, $4 - guest
		first = 0
		n++
	}
	END { exit n != boots }' "$marks" >"$out/counts" ||
		die "$name: a marker was not executed"
	tail -n +2 "$out/counts" | sort -n
}
