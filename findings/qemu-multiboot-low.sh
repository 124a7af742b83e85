#!/bin/bash
# QEMU 7.2: a multiboot kernel with a segment below 1 MiB gets no magic number.
#
# Debian 12's qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3 with seabios=1.16.2-1. -kernel
# takes a multiboot 1 kernel that is an ELF file, puts all between the lowest and the
# highest address of its segments into one block, and has firmware copy that: over
# the firmware's own data and code too, when the kernel has a segment below 640 KiB,
# which the Multiboot Specification 0.6.96 allows and GRUB 2.06 loads. Seen, for a kernel
# at 1 MiB that compares EAX with 2BADB002h:
#
#     alone: the magic number
#     with 4 bytes at 0x8000: another number
#
# So a kernel that looks whether a multiboot loader started it says no.
#
# Unpacks the packages in a temporary folder; needs gcc and the libraries of QEMU.
# Exits with 0 while it is so, 1 when it has changed, 2 when it cannot be tried.
set -eu
unset CDPATH

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

command -v gcc >/dev/null || {
	echo "gcc is missing" >&2
	exit 2
}
apt-get download -q qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3 \
	qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 >log 2>&1 || {
	cat log >&2
	exit 2
}
for package in *.deb; do
	dpkg-deb -x "$package" root
done

cat >kernel.S <<'END'
	.section .header, "a"
	.long 0x1badb002, 0, -0x1badb002

	.text
	.globl	entry
entry:
	mov	%eax, %ecx
	xor	%eax, %eax
	cmp	$0x2badb002, %ecx
	setne	%al
	out	%eax, $0xf4	/* QEMU ends with 1, or 3 */
stop:
	hlt
	jmp	stop

	.section .low, "a"
	.ascii	"low!"
END
gcc -m32 -c kernel.S

# try LOW: QEMU's exit status for a kernel whose four bytes lie there
try()
{
	cat >kernel.ld <<-END
		ENTRY(entry)
		PHDRS { text PT_LOAD; low PT_LOAD; }
		SECTIONS
		{
			.text 0x100000 : { *(.header) *(.text) } :text
			.low $1 : { *(.low) } :low
		}
	END
	ld -m elf_i386 -n --no-warn-rwx-segments -T kernel.ld -o kernel kernel.o
	status=0
	timeout 60 root/usr/bin/qemu-system-i386 -L root/usr/share/seabios \
		-L root/usr/share/qemu -accel tcg -m 64 -display none -nic none \
		-no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 \
		-kernel kernel >log 2>&1 || status=$?
	echo "$status"
}

alone=$(try 0x200000)
below=$(try 0x8000)
echo "four bytes at 2 MiB: status $alone; at 0x8000: status $below"
case $alone in
1 | 3) ;;
*)
	cat log >&2
	exit 2
	;;
esac
[ "$alone $below" = "1 3" ] || exit 1
