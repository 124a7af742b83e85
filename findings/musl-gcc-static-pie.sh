#!/bin/bash
# musl-gcc -static-pie links a program that is not static, and says nothing.
#
# Seen with Debian 12's musl-tools 1.2.3-1 and gcc 12.2: the specs that musl-gcc
# hands to gcc know -static and -shared, and nothing of -static-pie. gcc's own
# driver leaves the linking of such a program to its specs, so the linker is
# told the dynamic linker and is not told to link statically: the result names
# an interpreter, /lib/ld-musl-x86_64.so.1, and needs libc.so. Status 0, no
# warning. A static PIE of musl has to be linked by hand, with rcrt1.o.
#
# Installs nothing: the packages are unpacked in a temporary folder. Exits with 0
# while it is so, 1 when it has changed, 2 when it cannot be tried.
set -eu
unset CDPATH

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

for package in musl=1.2.3-1 musl-dev=1.2.3-1 musl-tools=1.2.3-1; do
	apt-get download -q "$package" >/dev/null 2>&1 || {
		echo "cannot fetch $package" >&2
		exit 2
	}
done
mkdir -p root/usr/lib
ln -s usr/lib root/lib # as on a Debian whose /lib is /usr/lib
for file in *.deb; do
	dpkg --fsys-tarfile "$file" | tar -x -C root --keep-directory-symlink
done

# The same specs and the same libraries, where they have been unpacked.
sed "s,/usr/,$folder/root/usr/,g" \
	root/usr/lib/x86_64-linux-musl/musl-gcc.specs >specs
echo 'int main(void) { return 0; }' >a.c
# What musl-gcc does: gcc "$@" -specs FILE.
gcc -fPIE -static-pie -o a a.c -specs "$folder/specs" 2>messages

echo "gcc $(gcc -dumpfullversion), musl-tools 1.2.3-1"
echo "messages: $(wc -c <messages) bytes"
readelf -lW a | sed -n 's/^ *\[Requesting program \(.*\)]$/\1/p'
readelf -dW a | sed -n 's/^.*(NEEDED) *//p'
if [ -s messages ] || ! readelf -lW a | grep -q ' INTERP '; then
	echo "changed: it warns, or the program is static" >&2
	exit 1
fi
