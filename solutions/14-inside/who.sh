#!/bin/sh
# who.sh IOMEM INTERRUPTS: answers questions about a machine.
set -eu

iomem=$1
interrupts=$2

# take_range LINE: sets first, last (bytes) and name
take_range()
{
	name=${1#* : }
	range=${1%% : *}
	range=${range##* }
	first=$((0x${range%-*}))
	last=$((0x${range#*-}))
}

# at ADDRESS: who answers there. What is inside comes behind what it is inside of.
# Numbers are compared by $((...)), which has 64 bits; [ has 32 here.
at()
{
	found=nobody
	address=$(($1))
	while IFS= read -r row; do
		take_range "$row"
		[ $((address >= first && address <= last)) = 1 ] || continue
		found=$name
	done <"$iomem"
	echo "$found"
}

# size NAME: bytes
size()
{
	bytes=0
	while IFS= read -r row; do
		take_range "$row"
		[ "$name" = "$1" ] || continue
		bytes=$((bytes + last - first + 1))
	done <"$iomem"
	echo "$bytes"
}

# find_line DEVICE: sets number (nobody: there is none) and sum
find_line()
{
	device=$1
	number=nobody
	sum=nobody
	{
		IFS= read -r row
		set -f
		# shellcheck disable=SC2086 # a word for each CPU
		set -- $row
		cpus=$#
		while read -r label row; do
			# shellcheck disable=SC2086
			set -- $row
			total=0
			cpu=0
			while [ "$cpu" -lt "$cpus" ] && [ $# -gt 0 ]; do
				total=$((total + $1))
				cpu=$((cpu + 1))
				shift
			done
			case $label in
			[0-9]*) ;;
			*) continue ;; # of the CPU itself, and no line
			esac
			for word; do
				[ "${word%,}" = "$device" ] || continue
				number=${label%:}
				sum=$total
			done
		done
	} <"$interrupts"
}

# line DEVICE: its interrupt line
line()
{
	find_line "$1"
	echo "$number"
}

# count DEVICE: interrupts of its line, of all CPUs together
count()
{
	find_line "$1"
	echo "$sum"
}

while read -r question about; do
	case $question in
	at | size | line | count) "$question" "$about" ;;
	esac
done
