#!/bin/bash
# genext2fs 1.5.0 loses the contents of hard links of a newc archive, without a word.
#
# Debian 12's genext2fs=1.5.0-3 reads archives for -a by libarchive, which takes cpio
# as well as tar. In a newc archive (the format of an initramfs, here written by
# cpio=2.13+dfsg-7.1) the bytes of a file with two names stand behind the last of them.
# genext2fs makes a file of its own of each name, and all but one are empty; it
# prints nothing of it and ends with 0. From a tar archive of the same files both
# names are one file of 6 bytes. Seen by e2fsprogs=1.47.0-2+b2's debugfs:
#
#     newc: a 0 bytes b 6 bytes
#     tar: a 6 bytes b 6 bytes
#
# Exit status: 0 as seen, 1 if it changed, 2 if it could not be tried.
set -eu
unset CDPATH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for package in genext2fs=1.5.0-3 cpio=2.13+dfsg-7.1 e2fsprogs=1.47.0-2+b2; do
	if ! apt-get download -q "$package" >>log 2>&1; then
		cat log >&2
		exit 2
	fi
	dpkg-deb -x "${package%=*}"_*.deb root
done

mkdir files
echo hello >files/a
ln files/a files/b
(cd files && printf '%s\n' a b |
	../root/bin/cpio --quiet -o -H newc >../newc)
tar -c -C files -f tar a b

# sizes ARCHIVE: those of both names in the file system that is made of it
sizes()
{
	root/usr/bin/genext2fs -b 64 -N 32 -a "$1" "$1.img" >"$1.log" 2>&1
	line="$1:"
	for name in a b; do
		size=$(root/sbin/debugfs -R "stat /$name" "$1.img" 2>/dev/null |
			sed -n 's/^User:.* Size: //p')
		line="$line $name $size bytes"
	done
	echo "$line"
	grep -v '^copying from tar archive ' "$1.log" || :
}

found=$(sizes newc && sizes tar)
echo "$found"
[ "$found" = "newc: a 0 bytes b 6 bytes
tar: a 6 bytes b 6 bytes" ]
