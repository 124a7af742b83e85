#!/bin/bash
# kconfiglib 14.1.0 cannot read the Kconfig files of Linux 5.14 and later.
#
# Debian 12's python3-kconfiglib=14.1.0-3. Since Linux 5.14 the symbol that stands
# for loadable modules is marked by a property of its own, `modules` (see
# Documentation/kbuild/kconfig-language.rst); before, it was `option modules`.
# kconfiglib knows only the latter and stops at kernel/module/Kconfig. Seen:
#
#     Kconfig:3: error: couldn't parse 'modules': unrecognized construct
#
# With that one line spelled the old way it reads Linux 6.1 whole, and gives the
# same values as Linux's own kconfig.
#
# Exit status: 0 as seen, 1 if it changed, 2 if it could not be tried.
set -eu
unset CDPATH

version=14.1.0-3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
if ! apt-get download -q "python3-kconfiglib=$version" >log 2>&1; then
	cat log >&2
	exit 2
fi
dpkg-deb -x python3-kconfiglib_*.deb root

# read_kconfig PROPERTY: what kconfiglib says to a symbol that has it
read_kconfig()
{
	printf 'config MODULES\n\tbool "Loadable modules"\n\t%s\n' "$1" >Kconfig
	PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 -c '
import kconfiglib
try:
    found = kconfiglib.Kconfig("Kconfig")
    print("reads it, symbols:", len(found.unique_defined_syms))
except kconfiglib.KconfigError as error:
    print(str(error).strip())'
}

new=$(read_kconfig modules)
old=$(read_kconfig 'option modules')
echo "modules:        $new"
echo "option modules: $old"
[ "$old" = "reads it, symbols: 1" ] || exit 1
case $new in
*"couldn't parse 'modules': unrecognized construct") ;;
*) exit 1 ;;
esac
