#!/bin/bash
# SeaBIOS 1.16.2 asks whether somebody listens at its debug port, and writes there anyway.
#
# Debian 12's seabios=1.16.2-1 in qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3. SeaBIOS writes
# its log byte by byte to port 402h, where QEMU has a device only if it was asked for one.
# It reads that port first: a device answers E9h, and where none is, FFh comes. Seen,
# without one, from power-on until it has no disk to boot (counted by QEMU's trace of
# memory regions):
#
#     1 read of port 402h, which gives ff
#     145 writes to it all the same
#
# Under a hypervisor each is a VM exit for nothing: more than a tenth of all those on the
# way to a boot sector, and with a VGA BIOS, which has a log too, a quarter.
#
# Unpacks the packages in a temporary folder; needs the libraries of QEMU. Takes 10
# seconds. Exits with 0 while it is so, 1 when it has changed, 2 when it cannot be tried.
set -eu
unset CDPATH

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

apt-get download -q qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3 \
	qemu-system-common=1:7.2+dfsg-7+deb12u18+b3 \
	qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 >log 2>&1 || {
	cat log >&2
	exit 2
}
for package in *.deb; do
	dpkg-deb -x "$package" root
done

status=0
export QEMU_MODULE_DIR=$folder/root/usr/lib/x86_64-linux-gnu/qemu
timeout 10 root/usr/bin/qemu-system-x86_64 -L root/usr/share/qemu \
	-L root/usr/share/seabios -accel tcg -M pc \
	-bios root/usr/share/seabios/bios-256k.bin -vga none -nic none \
	-display none -serial none -parallel none -monitor none -D trace \
	-trace memory_region_ops_read -trace memory_region_ops_write 2>log ||
	status=$?
[ "$status" = 124 ] || {
	echo "QEMU did not run until it was ended: status $status" >&2
	cat log >&2
	exit 2
}

reads=$(grep -c '^memory_region_ops_read .* addr 0x402 value 0xf*f ' trace || :)
writes=$(grep -c '^memory_region_ops_write .* addr 0x402 ' trace || :)
printf 'reads of port 402h that give ff: %s; writes to it: %s\n' "$reads" "$writes"
[ "$reads" -ge 1 ] && [ "$writes" -gt 100 ]
