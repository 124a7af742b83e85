# shellcheck shell=bash disable=SC2154,SC2034 # what others set and use
# What the benchmarks of a PC with firmware share; sourced by them, after common.sh.
# kvm-vmm and QEMU's `pc` machine, both with KVM in the lab, have the same SeaBIOS, of
# Debian's package, 128 MiB, one vCPU, and pc.img for an IDE disk. QEMU prints the
# firmware's text on the serial line, too, as kvm-vmm does (graphics=off).

unset CDPATH
firmware=${FIRMWARE:-/usr/share/seabios/bios-256k.bin}
qemu=$(command -v qemu-system-x86_64 || :)

# shellcheck disable=SC2016
inside='
cp -a "$1"/* /tmp
runs=$2
shift 2
cd /tmp
while [ "$runs" -gt 0 ]; do
	./stamp "$@"
	runs=$((runs - 1))
done'

# prepare_pc: what is copied, but pc.img
prepare_pc()
{
	need "$images/kvm-vmm"
	[ -f "$firmware" ] || {
		echo "skipped: $firmware: not there; run: make deps"
		exit 0
	}
	compile count.so count.c -shared -fPIC -fvisibility=hidden
	compile stamp stamp.c -static
	rm -rf "${out:?}/pc"
	mkdir -p "$out/pc/bios"
	cp "$out/stamp" "$images/kvm-vmm" "$out/pc"
	[ -z "$qemu" ] || copy_qemu "$qemu" "$out/pc"
	cp -L "$firmware" "$out/pc/bios/firmware.bin"
	cp -L "${firmware%/*}/vgabios-stdvga.bin" /usr/share/qemu/kvmvapic.bin \
		"$out/pc/bios" 2>/dev/null || :
}

# run_pc NAME RUNS WORDS...: leaves the markers in $out/marks
run_pc()
{
	local name=$1 runs=$2
	shift 2
	rm -f "$out/marks"
	"$top/lab/run" --count --mem 2G --timeout 600 --share "$out/pc" \
		--plugin "$out/count.so,out=$out/marks" -- \
		/bin/sh -c "$inside" sh "$out/pc" "$runs" "$@" \
		</dev/null >"$out/log" 2>&1 || :
	[ -s "$out/marks" ] || {
		tail -n 5 "$out/log" >&2
		die "$name: no marker was executed; its log: $out/log"
	}
}

ours=(./kvm-vmm --mem 128M --firmware ./bios/firmware.bin --ide pc.img)
theirs=(./lib/ld.so --library-path ./lib ./qemu -L ./bios -M "pc,graphics=off"
	-bios ./bios/firmware.bin -accel kvm -cpu host -m 128M -nodefaults
	-no-user-config -display none -no-reboot -serial stdio
	-device "isa-debug-exit,iobase=0x500,iosize=4"
	-drive "if=ide,format=raw,file=pc.img")
