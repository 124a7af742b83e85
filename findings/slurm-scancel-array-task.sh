#!/bin/bash
# Slurm 22.05.8: `scancel` with the job ID of an array's task does nothing, says
# nothing, and ends with status 0; with that of one of the tasks it cancels them all.
#
# Debian 12's slurmctld=22.05.8-4+deb12u3 (slurm-client, slurm-wlm-basic-plugins; munge
# 0.5.15-2+deb12u1). Each task of a job array has a job ID of its own as soon as it is
# looked at alone: SLURM_JOB_ID in its environment, squeue's %A, and `scontrol show job
# ID` finds it. `scancel ID` does not. One task keeps the ID of the array, and so a task
# that ends itself by `scancel $SLURM_JOB_ID` either goes on, or ends all others with it.
# Three tasks in an array, each held alone:
#
#     1_0: %A is 2, scontrol show job 2 finds it; scancel 2: status 0, "", PENDING
#     1_1: %A is 3, scontrol show job 3 finds it; scancel 3: status 0, "", PENDING
#     1_2: %A is 1; scancel 1: status 0, "", left of the array: 0
#
# slurmctld's log has it: "job_str_signal(3): invalid JobId=2"; and so does scancel -v:
# "Kill job error on job id 2: Invalid job id specified".
# Way out: scancel ${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID.
#
# Unpacks the packages in a temporary folder and starts slurmctld there, without a node;
# no root. Exit status: 0 as seen, 1 if it changed, 2 if it cannot be tried.
set -eu
unset CDPATH

folder=$(mktemp -d)
daemons=
finish() {
	# shellcheck disable=SC2086 # two numbers
	[ -z "$daemons" ] || kill $daemons
	wait
	rm -rf "$folder"
}
trap finish EXIT
cd "$folder"
chmod 755 .

apt-get download -q slurmctld=22.05.8-4+deb12u3 slurm-client=22.05.8-4+deb12u3 \
	slurm-wlm-basic-plugins=22.05.8-4+deb12u3 munge=0.5.15-2+deb12u1 \
	libmunge2=0.5.15-2+deb12u1 >log 2>&1 || {
	cat log >&2
	exit 2
}
for package in *.deb; do
	dpkg-deb -x "$package" root
done
library=$folder/root/usr/lib/x86_64-linux-gnu
export PATH="$folder/root/usr/bin:$folder/root/usr/sbin:$PATH"
export LD_LIBRARY_PATH="$library:$library/slurm-wlm" SLURM_CONF="$folder/slurm.conf"

cat >slurm.conf <<END
ClusterName=one
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=17817
SlurmUser=$(id -un)
AuthInfo=socket=$folder/munge/socket
PluginDir=$library/slurm-wlm
StateSaveLocation=$folder/state
SlurmctldPidFile=$folder/pid
ProctrackType=proctrack/linuxproc
MpiDefault=none
NodeName=n1 NodeAddr=127.0.0.1 CPUs=2
PartitionName=all Nodes=n1 Default=YES
END
mkdir state munge
chmod 755 munge
mungekey -c -k munge/key
munged -F -f -S "$folder/munge/socket" --key-file="$folder/munge/key" \
	--pid-file="$folder/munge/pid" --log-file="$folder/munge/log" \
	--seed-file="$folder/munge/seed" >log 2>&1 &
daemons=$!
slurmctld-wlm -D -c >slurmctld.log 2>&1 &
daemons="$daemons $!"
for _ in {1..300}; do
	! squeue >/dev/null 2>&1 || break
	sleep 0.1
done
squeue >/dev/null || {
	cat log slurmctld.log >&2
	exit 2
}

array=$(sbatch --parsable --array=0-2 -o /dev/null --wrap true)
seen=
for task in 0 1 2; do
	scontrol hold "${array}_$task"
done
for task in 0 1 2; do
	id=$(squeue -h -j "${array}_$task" -o %A)
	line="${array}_$task: %A is $id"
	if [ "$id" != "$array" ] && scontrol show job "$id" >/dev/null; then
		line+=", scontrol show job $id finds it"
	fi
	status=0
	said=$(scancel "$id" 2>&1) || status=$?
	line+="; scancel $id: status $status, \"$said\", "
	if [ "$id" = "$array" ]; then
		line+="left of the array: $(squeue -h -r -j "$array" | wc -l)"
	else
		line+=$(squeue -h -j "${array}_$task" -o %T)
	fi
	echo "$line"
	seen+="$line
"
done
[ "$seen" = '1_0: %A is 2, scontrol show job 2 finds it; scancel 2: status 0, "", PENDING
1_1: %A is 3, scontrol show job 3 finds it; scancel 3: status 0, "", PENDING
1_2: %A is 1; scancel 1: status 0, "", left of the array: 0
' ]
