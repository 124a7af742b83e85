/*
 * The markers: where a measured stretch begins and ends. Shared by the plugin
 * and by the programs that execute them.
 */
#ifndef BENCH_MARKER_H
#define BENCH_MARKER_H

#define MARKER_SIZE 7
#define MARKER_HEAD 0x0f, 0x1f, 0x80 /* nopl disp32(%rax); disp32: ID, tail */
#define MARKER_TAIL 0x4b, 0x56, 0x4d

#define MARKER_EXEC   'E' /* right before execv(kvm-vmm) */
#define MARKER_INIT   'I' /* first instruction of the guest's /init */
#define MARKER_BOOT   'B' /* first instruction of a boot sector */
#define MARKER_SAVE   'S' /* right before a guest is to be saved */
#define MARKER_SAVED  's' /* and when it has been */
#define MARKER_FRAMES 'F' /* right before the first picture is drawn */
#define MARKER_SHOWN  'f' /* and behind the last */
#define MARKER_IDLE \
	'W' /* right before a guest is watched that has nothing to do */
#define MARKER_IDLED 'w' /* and behind that */
#define MARKER_ENTER 'V' /* no marker: the first VMRUN behind MARKER_EXEC */

#endif
