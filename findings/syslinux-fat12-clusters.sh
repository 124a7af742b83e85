#!/bin/bash
# syslinux 6.04 refuses FAT12 file systems of 4,078 clusters, of which 4,084 are allowed.
#
# Whether a FAT is of 12 or 16 bits follows from the number of its clusters alone: up to
# 4,084 it is of 12 (Microsoft's FAT specification, "FAT Type Determination"), counted in
# what is left behind the reserved sectors, the FATs and the root directory. Debian 12's
# syslinux=3:6.04~git20190206.bf6db5b4+dfsg1-3+b1 leaves the root directory in: with 512
# entries, 32 sectors, and clusters of 4 sectors it finds 8 too many. A file system of
# mtools=4.0.33-1+really4.0.32-1 with 4,078 clusters, which fsck.fat of
# dosfstools=4.2-1 finds nothing wrong with, does not get a boot sector:
#
#     4070 clusters: fsck.fat takes it, syslinux takes it
#     4078 clusters: fsck.fat takes it, syslinux: more than 4084 clusters but claims FAT12
#
# Way out: a file system that is smaller, or large enough for FAT16.
#
# Exit status: 0 as seen, 1 if it changed, 2 if it could not be tried.
set -eu
unset CDPATH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for package in syslinux=3:6.04~git20190206.bf6db5b4+dfsg1-3+b1 \
	mtools=4.0.33-1+really4.0.32-1 dosfstools=4.2-1; do
	if ! apt-get download -q "$package" >>log 2>&1; then
		cat log >&2
		exit 2
	fi
	dpkg-deb -x "${package%%=*}"_*.deb root
done
PATH=$work/root/usr/bin:$work/root/sbin:$work/root/usr/sbin:$PATH

# try SECTORS: what both say of a file system of so many
try()
{
	truncate -s 0 image
	truncate -s "$(($1 * 512))" image
	mformat -i image -T "$1" -h 16 -s 63 -c 4 -r 32 ::
	fsck=$(fsck.fat -n image) && taken="takes it" || taken="refuses it"
	clusters=$(echo "$fsck" | sed -n 's|.* 0/\([0-9]*\) clusters$|\1|p')
	said=$(syslinux -i image 2>&1) && said=" takes it" || said=:${said#*:}
	echo "$clusters clusters: fsck.fat $taken, syslinux$said"
}

found=$(try 16340 && try 16370)
echo "$found"
[ "$found" = "4070 clusters: fsck.fat takes it, syslinux takes it
4078 clusters: fsck.fat takes it, syslinux: more than 4084 clusters but claims FAT12" ]
