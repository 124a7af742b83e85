/*
 * Every system call that a running kvm-vmm makes: which of its threads, in which
 * form, and what for. The one table of the sandbox. tools/seccomp makes a filter for
 * each kind of thread of it at build time, and `kvm-vmm --show-sandbox` prints it.
 *
 * What is not here ends the program, by name:
 *
 *     kvm-vmm: sandbox: vCPU 0: openat (257) is none of its calls
 *
 * To add a call, add a row where it belongs:
 *
 *     ROW(call, KINDS, "form", "what for", checks...)
 *
 *   call    as in <sys/syscall.h>, without SYS_
 *   KINDS   who makes it, | between: MAIN VCPU WORKER SHARE SERVICE SAVER, EACH is
 *           all of them, and SAVES those that read what a guest is. What WORKER may,
 *           the main thread may where there are such threads, since it makes them
 *           (core/sandbox.h). NAMES: the main thread of a run that has a file to
 *           remove at its end (util/reach.h). SAN: any thread, in a build with
 *           sanitizers alone.
 *   form    the checks in words; "" if there are none
 *   checks  up to four, all of which must hold, each of one argument, from 0:
 *           IS(n, value)            it is that
 *           NONE(n)                 no pointer, all 64 bits of it
 *           LACKS(n, bits)          none of these bits is set
 *           MASKED(n, mask, value)  these of its bits are those
 *           Several rows of one call: one of them must hold. An ioctl has
 *           IOCTL(request, KINDS, "what for").
 *
 * Checks see 32 bits of an argument, but NONE, and nothing that it points to. So a call which
 * takes a path has no place here but for SHARE, whatever is behind the pointer, and
 * neither has one that makes a socket, a program or memory to be executed: do that
 * before the guest starts, and keep the descriptor. What only the main thread may do,
 * others have it do by core/errand.h. `kvm-vmm --sandbox log` names all that is
 * missing, and goes on. docs/walls.md has the list: tests/lint/test_walls.py --write.
 *
 * Only macros, for whoever defines ROW; this file is read several times.
 */
#define IS(n, value)                 \
	{                            \
		n, 0xffffffff, value \
	}
#define NONE(n)             \
	{                   \
		n, ~0ULL, 0 \
	}
#define LACKS(n, bits)     \
	{                  \
		n, bits, 0 \
	}
#define MASKED(n, mask, value) \
	{                      \
		n, mask, value \
	}
#define IOCTL(request, kinds, why) \
	ROW(ioctl, kinds, #request, why, IS(1, request))
#define SAVES (SERVICE | SAVER)
#define EACH  (MAIN | VCPU | WORKER | SHARE | SERVICE | SAVER)

/* clang-format off */

/* --- The guest ------------------------------------------------------------- */

IOCTL(KVM_RUN, VCPU, "the guest runs in it; stands first in the filter")
IOCTL(KVM_GET_REGS, VCPU | SAVES, "registers: reports, debugger, where none are shared")
IOCTL(KVM_SET_REGS, VCPU, "a debugger, a replayed crash")
IOCTL(KVM_GET_SREGS, VCPU | SAVES, "the same: segments and control registers")
IOCTL(KVM_SET_SREGS, VCPU, "the same")
IOCTL(KVM_GET_MP_STATE, VCPU | SAVES | MAIN, "whether it is halted: the halt watch")
IOCTL(KVM_SET_MP_STATE, VCPU, "a replayed crash is made to run")
IOCTL(KVM_GET_VCPU_EVENTS, VCPU | SAVES, "crash report: what was being delivered")
IOCTL(KVM_GET_LAPIC, VCPU | SAVES | MAIN, "crash report, debugger: its interrupts")
IOCTL(KVM_GET_FPU, VCPU, "a replayed crash, a debugger")
IOCTL(KVM_SET_FPU, VCPU, "the same")
IOCTL(KVM_CHECK_EXTENSION, EACH, "how large that is; what a vCPU can have")
IOCTL(KVM_GET_XSAVE, VCPU | SAVES, "the same, with what came later")
IOCTL(KVM_SET_XSAVE, VCPU, "the same")
IOCTL(KVM_GET_MSRS, VCPU | SAVES, "the same; crash report")
IOCTL(KVM_SET_MSRS, VCPU, "the same")
IOCTL(KVM_GET_CPUID2, VCPU, "crash report: what the guest was told it has")
IOCTL(KVM_SET_GUEST_DEBUG, VCPU, "breakpoints and single steps")
IOCTL(KVM_KVMCLOCK_CTRL, VCPU, "it stood still, and its watchdogs are excused")
IOCTL(KVM_INTERRUPT, VCPU, "an interrupt from controllers that are ours")
IOCTL(KVM_IRQ_LINE, EACH, "a device's interrupt line")
IOCTL(KVM_SIGNAL_MSI, EACH, "an interrupt that is a message")
IOCTL(KVM_GET_IRQCHIP, EACH, "lines and reports")
IOCTL(KVM_SET_IRQCHIP, VCPU | MAIN, "a BIOS' programming of the controllers")
IOCTL(KVM_GET_PIT2, EACH, "reports; channel 0 at its start")
IOCTL(KVM_SET_PIT2, VCPU | MAIN, "the same")
IOCTL(KVM_SET_GSI_ROUTING, VCPU | WORKER, "the guest programs MSI-X or the I/O APIC")
IOCTL(KVM_IOEVENTFD, VCPU | WORKER, "a queue's bell, once its driver is there")
IOCTL(KVM_IRQFD, VCPU | WORKER, "a queue's interrupt, likewise")
IOCTL(KVM_SET_USER_MEMORY_REGION, EACH, "a device shows memory of its own elsewhere, or hides RAM")
IOCTL(KVM_GET_DIRTY_LOG, EACH, "which pages of a picture the guest has changed")
IOCTL(KVM_CREATE_VCPU, MAIN, "a second vCPU, on which a crash is replayed")
IOCTL(KVM_GET_SUPPORTED_CPUID, MAIN, "for that one")
IOCTL(KVM_SET_CPUID2, MAIN, "the same")
IOCTL(KVM_GET_STATS_FD, MAIN, "--stats: what KVM counted")

/* --- A guest that is saved ------------------------------------------------- */

IOCTL(KVM_GET_CLOCK, SAVES, "kvm-clock")
IOCTL(KVM_GET_TSC_KHZ, SAVES, "the speed of a vCPU's clock")
IOCTL(KVM_GET_DEBUGREGS, VCPU | SAVES, "its breakpoints; `registers`")
IOCTL(KVM_GET_XCRS, SAVES, "what of its registers is on")
IOCTL(KVM_GET_XSAVE2, SAVES, "those that came latest")
IOCTL(KVM_GET_SREGS2, SAVES, "segments and control registers")
IOCTL(KVM_GET_NESTED_STATE, SAVES, "a guest of the guest's")
IOCTL(KVM_GET_MSR_INDEX_LIST, SAVES, "which registers there are")
IOCTL(KVM_HAS_DEVICE_ATTR, SAVES, "whether its clock can be had")
IOCTL(KVM_GET_DEVICE_ATTR, SAVES, "its clock")

ROW(getcwd, SAVES, "", "where its files are named from")

/* --- A guest that is reset ------------------------------------------------- */

IOCTL(KVM_SET_SREGS2, VCPU, "what it was at power-on: segments and control registers")
IOCTL(KVM_SET_XCRS, VCPU, "the same: what of its registers is on")
IOCTL(KVM_SET_DEBUGREGS, VCPU, "the same: its breakpoints")
IOCTL(KVM_SET_LAPIC, VCPU, "the same: its interrupts")
IOCTL(KVM_SET_VCPU_EVENTS, VCPU, "the same: what is being delivered, nothing")
IOCTL(KVM_SET_NESTED_STATE, VCPU, "the same: no guest of its own")
IOCTL(KVM_SET_DEVICE_ATTR, VCPU, "its clock, which goes on")
IOCTL(KVM_GET_NESTED_STATE, VCPU, "whether it has one")
IOCTL(KVM_GET_CLOCK, VCPU, "how far the guest's clocks have come")
IOCTL(KVM_GET_TSC_KHZ, VCPU, "the same")
IOCTL(KVM_HAS_DEVICE_ATTR, VCPU, "whether its clock can be had")
IOCTL(KVM_GET_MSR_INDEX_LIST, VCPU, "which registers there are")
ROW(madvise, VCPU, "MADV_DONTDUMP", "RAM that is a snapshot again is kept out of core dumps", IS(2, MADV_DONTDUMP))

/* --- Files, sockets and pipes that are open -------------------------------- */

ROW(read, EACH, "", "eventfds, timers, keys, files")
ROW(write, EACH, "", "what guests print, messages, eventfds, traces")
ROW(readv, MAIN | WORKER | SHARE | SAVES, "", "a device's buffers lie where the guest says")
ROW(writev, EACH, "", "the same; the C library's streams")
ROW(pread64, EACH, "", "disks, symbols, KVM's counters")
ROW(pwrite64, WORKER | SHARE | SAVES, "", "disks")
ROW(pwrite64, MAIN | VCPU, "", "what the PC's speaker says, into its file")
ROW(preadv, WORKER | SHARE | SAVES, "", "the same, for the guest's buffers")
ROW(pwritev, WORKER | SHARE | SAVES, "", "the same")
ROW(preadv2, VCPU | WORKER | SAVES, "", "what the page cache has already is not waited for")
ROW(lseek, MAIN | WORKER | SHARE | SAVES, "", "the C library's streams; where a file has holes")
ROW(close, EACH, "", "what was open and is needed no more")
ROW(poll, EACH, "", "a message or a byte that has to wait for its reader")
ROW(fsync, WORKER | SHARE | SERVICE | SAVER, "", "the guest flushes a disk or a file; it is saved")
ROW(fdatasync, WORKER | SHARE | SAVES, "", "the same")
ROW(fallocate, WORKER | SAVES, "", "the guest discards blocks, or writes zeroes")
ROW(utimensat, MAIN | WORKER | SAVES, "of a descriptor", "when a disk was changed last, to the nanosecond: as it is saved, or closed", NONE(1))
ROW(ftruncate, WORKER | SHARE | SERVICE | SAVER | MAIN, "", "an overlay grows; a file is cut")
ROW(fcntl, MAIN | WORKER | SHARE | SERVICE | SAVER, "F_GETFL", "whether writing blocks", IS(1, F_GETFL))
ROW(fcntl, MAIN | WORKER | SHARE | SERVICE | SAVER, "F_SETFL", "so that it does not", IS(1, F_SETFL))
ROW(fstat, EACH, "", "whether a file is still the one it was")
ROW(newfstatat, EACH, "AT_EMPTY_PATH", "what some C libraries make of fstat()", MASKED(3, AT_EMPTY_PATH, AT_EMPTY_PATH))
IOCTL(BLKGETSIZE64, SERVICE, "a block device of the host is added as a disk")
IOCTL(BLKSSZGET, SERVICE, "the same: its blocks")
IOCTL(BLKDISCARD, WORKER, "the guest discards blocks of a disk of the host")
IOCTL(BLKZEROOUT, WORKER, "the same, for zeroes")
ROW(io_uring_enter, WORKER, "", "reads by a ring that was made, and bound to reads, before")
ROW(sendto, EACH, "to no address", "a network's socket, standard output that is one, a debugger", IS(5, 0), LACKS(3, MSG_FASTOPEN))
ROW(recvfrom, WORKER | SAVES | MAIN, "", "the same")
ROW(sendmsg, WORKER | SAVES, "no connect()", "the same, in pieces", LACKS(2, MSG_FASTOPEN))
ROW(recvmsg, WORKER | SAVES, "", "the same")
ROW(shutdown, MAIN | WORKER | SERVICE, "", "a peer that is told to go")
ROW(accept4, WORKER | SERVICE, "", "a debugger, another guest: the socket listens already")
ROW(setsockopt, SERVICE, "TCP_NODELAY", "a debugger's packets are not kept back", IS(1, IPPROTO_TCP), IS(2, TCP_NODELAY))
IOCTL(TUNSETOFFLOAD, VCPU | WORKER, "what a tap may leave to the guest, once it has said")

/* --- Waiting, and waking --------------------------------------------------- */

ROW(futex, EACH, "", "locks")
ROW(epoll_wait, MAIN | WORKER | SHARE, "", "event loops")
ROW(epoll_pwait, MAIN | WORKER | SHARE, "", "the same")
ROW(epoll_create1, EACH, "", "the loop of a thread that is asked for now")
ROW(epoll_ctl, EACH, "", "what such a loop waits for")
ROW(eventfd2, EACH, "", "its bell; a queue's bell")
ROW(timerfd_create, EACH, "", "a device's timer, when it is first set")
ROW(timerfd_settime, EACH, "", "its next time")
ROW(setitimer, EACH, "ITIMER_REAL", "the last deadline, from the handler of a signal", IS(0, ITIMER_REAL))
ROW(alarm, EACH, "", "the same, by some C libraries")
ROW(clock_gettime, EACH, "", "the time, where the kernel has to be asked")
ROW(restart_syscall, EACH, "", "a wait goes on after Ctrl-Z and fg")
ROW(sched_yield, SAN, "", "a sanitizer waits for its own threads")

/* --- Threads and signals --------------------------------------------------- */

ROW(clone, MAIN, "a thread of this process", "a device's, when it is first needed", MASKED(0, (uint32_t)~THREAD_MAY, THREAD_MUST))
ROW(seccomp, MAIN, "one more filter", "the new thread's own, on top of this one", IS(0, SECCOMP_SET_MODE_FILTER), IS(1, 0))
ROW(set_robust_list, MAIN, "", "the C library, in a new thread")
ROW(rseq, MAIN, "", "the same")
ROW(set_tid_address, MAIN, "", "the same")
ROW(tgkill, EACH, "this process", "a vCPU is made to leave the guest; a fault takes its course", IS(0, SELF))
ROW(kill, MAIN, "this process", "a signal takes its course", IS(0, SELF))
ROW(pidfd_send_signal, MAIN, "", "a program beside this one ends: by the handle that its start gave")
ROW(wait4, MAIN, "", "until it has")
ROW(rt_sigaction, EACH, "", "a fault takes its course")
ROW(rt_sigprocmask, EACH, "", "a new thread has its signals blocked")
ROW(rt_sigreturn, EACH, "", "the end of each signal's handler")
ROW(getpid, EACH, "", "to signal this process")
ROW(gettid, EACH, "", "to signal this thread")
ROW(exit, EACH, "", "a thread ends")
ROW(exit_group, EACH, "", "the program ends")

/* --- Memory ---------------------------------------------------------------- */

ROW(mmap, EACH, "not PROT_EXEC", "memory, and a page in place of a file's that is gone", LACKS(2, PROT_EXEC))
ROW(mprotect, EACH, "not PROT_EXEC", "the C library's heap and stacks", LACKS(2, PROT_EXEC))
ROW(munmap, EACH, "", "memory is given back")
ROW(mremap, EACH, "", "memory grows")
ROW(brk, EACH, "", "the same")
ROW(madvise, EACH, "MADV_DONTNEED", "what the guest's balloon returns; a thread's stack", IS(2, MADV_DONTNEED))
ROW(madvise, EACH, "MADV_FREE", "the C library's heap", IS(2, MADV_FREE))
ROW(getrandom, EACH, "", "virtio-rng; the C library's heap")
ROW(sysinfo, EACH, "", "some C libraries sort with as much memory as there is")

/* --- The terminal ---------------------------------------------------------- */

IOCTL(TCGETS, MAIN, "raw for the guest, and as it was on every way out")
IOCTL(TCSETS, EACH, "the same, from whichever thread that way begins")
IOCTL(TIOCGPGRP, EACH, "whether it is ours to change")
IOCTL(TIOCGWINSZ, EACH, "its size, which the guest is told")
ROW(getpgrp, EACH, "", "whether the terminal is ours to change")
ROW(getpgid, EACH, "of this process", "the same", IS(0, 0))
ROW(getrusage, MAIN | SERVICE, "", "--stats: what the run has used")

/* --- Names: a shared directory, and what is removed at the end -------------- */

ROW(unlink, NAMES, "", "the file of a socket that listened")
ROW(unlinkat, NAMES, "", "the same")
ROW(openat2, SHARE, "", "a name that the guest looks for, below the directory")
ROW(openat, SHARE, "", "a descriptor once more, with other rights, by /proc/self/fd")
ROW(fstatfs, SHARE, "", "how full the file system is")
ROW(readlinkat, SHARE, "", "a symbolic link is the guest's to follow")
ROW(readlink, SHARE, "", "the same")
ROW(stat, SHARE, "", "the guest asks for attributes")
ROW(lstat, SHARE, "", "the same")
ROW(newfstatat, SHARE, "", "the same")
ROW(getdents64, SHARE, "", "a directory is listed")
ROW(mkdirat, SHARE, "", "the guest makes a directory")
ROW(mknodat, SHARE, "", "a FIFO or a socket")
ROW(symlinkat, SHARE, "", "a symbolic link")
ROW(linkat, SHARE, "", "another name")
ROW(renameat, SHARE, "", "a new name")
ROW(renameat2, SHARE, "", "the same")
ROW(unlinkat, SHARE, "", "a name is removed")
ROW(fchmod, SHARE, "", "the mode is changed")
ROW(chmod, SHARE, "", "the same, by /proc/self/fd")
ROW(fchmodat, SHARE, "", "the same")
ROW(fchown, SHARE, "", "the owner is changed")
ROW(fchownat, SHARE, "", "the same")
ROW(utimensat, SHARE, "", "times are changed")
ROW(getxattr, SHARE, "", "owner and mode that the guest has set, where they are kept beside")
ROW(setxattr, SHARE, "", "the same")
ROW(listxattr, SHARE, "", "the same")
ROW(removexattr, SHARE, "", "the same")
ROW(truncate, SHARE, "", "a file is cut")
ROW(fcntl, SHARE, "F_OFD_SETLK", "the guest locks a file", IS(1, F_OFD_SETLK))
ROW(fcntl, SHARE, "F_OFD_GETLK", "and asks who has", IS(1, F_OFD_GETLK))
ROW(fcntl, SHARE, "F_DUPFD_CLOEXEC", "one more descriptor of it", IS(1, F_DUPFD_CLOEXEC))
ROW(unshare, SHARE, "CLONE_FS", "a file mode mask of its own", IS(0, CLONE_FS))
ROW(umask, SHARE, "", "which is none: the guest has taken its own off")
ROW(geteuid, SHARE, "", "whether owners can be set")

ROW(openat, SAVER, "", "the file that the guest is saved to, and the old one in its place")
ROW(open, SAVER, "", "the same, by some C libraries")
ROW(newfstatat, SAVES, "", "whether it is what it was, and a name in a share its file's")
ROW(readlinkat, SAVES, "", "which name an open file of a share has, by /proc/self/fd")
ROW(flock, SAVER, "", "whether another run is at it")
ROW(renameat, SAVER, "", "a file that is whole takes the place of the old one")
ROW(unlinkat, SAVER, "", "and one that is not goes")

/* --- Sanitizers ------------------------------------------------------------ */

ROW(sigaltstack, SAN, "", "a thread's handler of faults has a stack of its own")
ROW(sched_getaffinity, SAN, "", "thread sanitizer")
ROW(madvise, SAN, "", "shadow memory")
ROW(openat, SAN, "", "/proc/self/maps, for reports")
ROW(open, SAN, "", "the same")
ROW(readlink, SAN, "", "the program's own name")
ROW(readlinkat, SAN, "", "the same")
ROW(stat, SAN, "", "the same")
ROW(newfstatat, SAN, "", "the same")
ROW(getdents64, SAN, "", "leak sanitizer: which threads there are")
ROW(getdents, SAN, "", "the same")
ROW(clone, SAN, "", "leak sanitizer looks from a process of its own")
ROW(ptrace, SAN, "", "and stops all threads")
ROW(wait4, SAN, "", "until they have")
ROW(prctl, SAN, "", "which it has to be permitted")
ROW(tkill, SAN, "", "the same")
ROW(getppid, SAN, "", "the same")
ROW(pipe2, SAN, "", "whether memory can be read")
ROW(pipe, SAN, "", "the same")
ROW(process_vm_readv, SAN, "", "the same")
ROW(getrlimit, SAN, "", "the size of a stack")
ROW(prlimit64, SAN, "", "the same")
ROW(dup, SAN, "", "the report's file")
ROW(set_robust_list, SAN, "", "a thread of its own")
ROW(rseq, SAN, "", "the same")
ROW(personality, SAN, "", "thread sanitizer")
ROW(gettimeofday, SAN, "", "the time, as sanitizers ask for it")
ROW(access, SAN, "", "the symbolizer")
ROW(fcntl, SAN, "", "the same")
ROW(lseek, SAN, "", "the same; which threads there are")
ROW(lstat, SAN, "", "the same")
ROW(uname, SAN, "", "where the kernel's half of memory begins")
ROW(nanosleep, SAN, "", "a report that another thread is at is waited for")
IOCTL(TCGETS, SAN, "whether a report is in colour")

/* clang-format on */

#undef IS
#undef LACKS
#undef NONE
#undef MASKED
#undef IOCTL
#undef EACH
#undef SAVES
