#!/bin/bash
# GNU parallel 20221122: a list of hosts that is one second newer is not read again, and
# hosts that were taken out get jobs to the end.
#
# Debian 12's parallel=20221122+ds-2. Its manual, --sshloginfile: "If the sshloginfile
# is changed it will be re-read when a job finishes though at most once per second.
# This makes it possible to add and remove hosts while running." What counts is the
# time of change in whole seconds, and only if it is more than one later than that of
# the list in use; nothing looks at it again later. Two hosts with a job at once each;
# the second one is taken out while they have their first jobs. Its jobs, of 12:
#
#     the list's time is 1 s later, or 50 s earlier (cp -p):   6, as if nothing had
#                                                              happened
#     2 s later:                                               1 or 2
#
# So who takes out hosts that do not answer must see to it that the file's time moves
# by two seconds. Hosts are reached here by a program in the place of ssh.
#
# Unpacks the package in a temporary folder; needs perl. Exits with 0 while it is so,
# 1 when it has changed, 2 when it cannot be tried.
set -eu
unset CDPATH

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

apt-get download -q parallel=20221122+ds-2 >log 2>&1 || {
	cat log >&2
	exit 2
}
dpkg-deb -x parallel_*.deb root

# HOST -- COMMAND, as parallel calls it: runs it here.
cat >ssh <<'END'
#!/bin/bash
echo "$1" >>hosts
shift 2
eval "$*"
END
chmod +x ssh

# The jobs of "two" when it is taken out, by a list that is $1 seconds later.
jobs_of_two() {
	: >hosts
	printf '1/one\n1/two\n' >list
	touch -d @1700000000 list
	# shellcheck disable=SC2016 # the other shell's
	PARALLEL_HOME=$folder/home timeout 100 root/usr/bin/parallel --plain \
		--ssh "$folder/ssh" --slf list 'sleep 1.5; : {}' \
		::: {1..12} &
	until [ "$(wc -l <hosts)" -ge 2 ]; do
		sleep 0.1
	done
	echo 1/one >new
	touch -d "@$((1700000000 + $1))" new
	mv new list
	wait $!
	grep -c two hosts
}

for seconds in 1 -50 2; do
	have=$(jobs_of_two "$seconds")
	echo "$seconds s later: $have of 12 jobs on the host that was taken out"
	case $seconds in
	2)	[ "$have" -le 3 ] || exit 2 ;;
	*)	[ "$have" -ge 5 ] || exit 1 ;;
	esac
done
