# kvm-vmm, the hypervisor: one line per part, chosen by its symbol.

# $(call whole,FOLDER): a part that is all of a folder, however many files.
whole = $(patsubst vmm/%.c,%.o,$(wildcard vmm/$1/*.c))

# A part that can be missing has a stand-in, NAME_none.o, so that nobody asks:
# $(call none-without,SYMBOL) is the end of the file's name.
none-without = $(if $(CONFIG_$1),,_none)

obj-y := core/memory.o core/cpuregs.o x86/cpustate_real16.o

# The whole machine; what stands for it without, is below the devices.
obj-$(CONFIG_MACHINE) += main.o cli.o cli_word.o cli_value.o usage.o machine.o \
			 machine_console.o guest.o names.o platform.o walls.o files.o \
			 ending.o putoff.o eof.o
obj-$(CONFIG_MACHINE) += core/kvm.o core/vm.o core/memory_seen.o core/bus.o core/cpuid.o \
			 core/vcpu.o core/pause.o core/watch.o core/exit.o core/probes.o \
			 core/board.o core/board_place.o core/board_all.o core/plan.o \
			 core/plan_settle.o \
			 core/lastword.o core/errand.o core/feature.o core/power.o \
			 util/event.o \
			 irqchip/select.o
obj-$(CONFIG_MACHINE) += $(addprefix terminal/,console.o output.o screen.o term.o \
			 messages.o style.o keys.o)
obj-$(CONFIG_MACHINE) += boot/select.o boot/kind.o boot/kind_look.o \
			 boot/gunzip$(call none-without,BOOT_GZIP).o
obj-$(or $(CONFIG_BOOT_GZIP),$(CONFIG_NET_USER),$(CONFIG_DBG_TRACE_INSN),$(CONFIG_DISPLAY_WEB),$(CONFIG_DISPLAY_VNC)) += util/backend.o
obj-$(CONFIG_MACHINE) += util/lock.o util/log.o util/sink.o util/ring.o util/text.o \
			 util/bus_error.o util/signal_self.o \
			 util/size.o

# Who asks a machine that runs, and who may change it.
services := $(CONFIG_DBG_GDB)$(CONFIG_DBG_TRACE_INSN)$(CONFIG_SNAPSHOT)$(CONFIG_CONTROL)$(CONFIG_DBG_STATS_EVERY)
obj-$(CONFIG_MACHINE) += core/smp$(call none-without,SMP).o \
	 core/unstarted$(call none-without,SMP).o \
	 core/sample$(call none-without,DBG_RULES).o \
	 core/cpuid_kvm$(call none-without,KVMCLOCK).o \
	 core/regs.o core/regs_sync$(call none-without,SYNC_REGS).o \
	 core/bus_moving$(call none-without,PCI).o \
	 core/workers$(if $(CONFIG_VIRTIO)$(CONFIG_DEV_IDE)$(CONFIG_DEV_FLOPPY),,_none).o \
	 core/ioevents$(call none-without,IOEVENTFD).o \
	 core/shown$(call none-without,SHOWN_REGISTERS).o \
	 core/slots$(call none-without,DEVICE_MEMORY).o \
	 core/irqfds$(call none-without,IRQFD).o \
	 core/symbols$(call none-without,DBG_SYMBOLS).o \
	 $(if $(CONFIG_SANDBOX),,core/sandbox_none.o) \
	 $(if $(services),core/services.o x86/walk.o,core/services_none.o) \
	 core/board_queue$(call none-without,VIRTIO).o \
	 util/fixed$(call none-without,JUDGE).o judge$(call none-without,JUDGE).o \
	 core/board_pci$(call none-without,PCI).o
obj-$(or $(CONFIG_SANDBOX),$(CONFIG_NET_SOCKET),$(CONFIG_VIRTIO_9P),$(CONFIG_SNAPSHOT),$(CONFIG_DBG_GDB)) \
	+= util/reach.o
obj-$(CONFIG_SANDBOX) += $(call whole,sandbox)
obj-$(CONFIG_MACHINE) += view$(call none-without,DISPLAY_TEXT).o
obj-$(CONFIG_DISPLAY_TEXT) += view_terminal.o display/text.o display/blocks.o display/colours.o \
			      display/sixel$(call none-without,DISPLAY_SIXEL).o
obj-$(CONFIG_MACHINE) += terminal/ask$(call none-without,DISPLAY_SIXEL).o
screens := $(CONFIG_DISPLAY_PNG)$(CONFIG_DISPLAY_WEB)$(CONFIG_DISPLAY_VNC)
obj-$(CONFIG_MACHINE) += viewers$(if $(screens),,_none).o
obj-$(if $(screens),y) += core/ledger.o util/thread.o \
			  reset_button$(call none-without,SNAPSHOT).o
obj-$(CONFIG_DISPLAY_PNG) += display/png.o $(addprefix probes/screen/,shot.o files.o) \
			     util/png.o util/reach.o util/outfile.o
obj-$(or $(CONFIG_DISPLAY_WEB),$(CONFIG_DISPLAY_VNC)) += display/program.o display/listen.o util/ring.o
obj-$(CONFIG_DISPLAY_WEB) += display/web.o
obj-$(CONFIG_DISPLAY_VNC) += display/vnc.o
obj-$(CONFIG_MACHINE) += terminal/output_batch$(call none-without,CONSOLE_BATCH).o

obj-$(CONFIG_IRQCHIP_KERNEL) += irqchip/kernel.o irqchip/msi.o irqchip/routes.o \
				irqchip/pit_kernel$(call none-without,PIT_KERNEL).o \
				irqchip/kernel_state$(call none-without,SNAPSHOT).o
obj-$(CONFIG_PIT_KERNEL)     += irqchip/bios.o
obj-$(CONFIG_IRQCHIP_VMM)    += irqchip/vmm.o
obj-$(CONFIG_IRQCHIP_SPLIT)  += irqchip/split.o irqchip/msi.o irqchip/routes.o

obj-$(if $(CONFIG_SNAPSHOT),$(CONFIG_DEVICE_MEMORY)) += core/slots_saved.o

obj-$(CONFIG_DEV_SERIAL)    += devices/serial.o \
			       devices/serial_irq$(call none-without,UART_IRQ4).o \
			       devices/serial_fifo$(call none-without,UART_FIFO).o
obj-$(CONFIG_DEV_HYPERCALL) += devices/hypercall.o \
			       devices/hypercall$(if $(CONFIG_SNAPSHOT),_saved,_none).o
obj-$(CONFIG_DEV_I8042)     += devices/i8042.o devices/i8042_kbd.o \
			       devices/i8042_keys.o devices/i8042_scan.o \
			       devices/i8042_input.o \
			       devices/i8042_ko$(call none-without,KEYBOARD_KO).o \
			       devices/i8042_mouse$(call none-without,DEV_MOUSE).o
obj-$(CONFIG_DEV_CMOS)      += devices/cmos.o devices/cmos_time.o \
			       devices/cmos_flags.o \
			       devices/cmos_irq$(call none-without,RTC_IRQ8).o
obj-$(CONFIG_DEV_DEBUGCON)  += devices/debugcon.o
obj-$(CONFIG_DEV_POST)      += devices/post.o
obj-$(CONFIG_DEV_RESET)     += devices/reset.o
obj-$(CONFIG_DEV_PM)        += devices/pm.o
obj-$(CONFIG_DEV_PORT92)    += devices/port92.o
obj-$(CONFIG_DEV_FW_CFG)    += devices/fwcfg.o \
			       devices/fwcfg_dma$(call none-without,FWCFG_DMA).o
obj-$(if $(CONFIG_SNAPSHOT),$(CONFIG_DEV_FW_CFG)) += devices/fwcfg_saved.o
obj-$(CONFIG_EXIT_PORT)     += devices/exit_port.o
obj-$(CONFIG_DEV_VGA)       += $(addprefix devices/,vga.o vga_look.o \
			       vga_picture.o vga_font.o \
			       vga_wait$(call none-without,VGA_RETRACE_WAIT).o \
			       vga_memory$(call none-without,VGA_GRAPHICS).o \
			       vga_vbe$(call none-without,VGA_VBE).o) util/picture.o \
			       boot/firmware/screen.o \
			       $(addprefix probes/screen/,screen.o files.o) \
			       util/surface.o util/outfile.o
obj-$(and $(CONFIG_VGA_VBE),$(CONFIG_PCI)) += devices/vga_edid.o
obj-$(CONFIG_VGA_RETRACE_WAIT) += core/rest.o
obj-$(CONFIG_VGA_GRAPHICS)  += devices/vga_draw.o
obj-$(CONFIG_VGA_VBE)	    += devices/vga_plug.o devices/vga_pci$(call none-without,PCI).o
obj-$(CONFIG_DEV_PIC)       += devices/pic.o irqchip/intr.o irqchip/bios.o
obj-$(CONFIG_DEV_IOAPIC)    += devices/ioapic.o
obj-$(CONFIG_DEV_PIT)       += devices/pit.o devices/pit_counter.o \
			       devices/speaker$(call none-without,DEV_SPEAKER).o
obj-$(CONFIG_DEV_SPEAKER)   += devices/speaker_plug.o devices/wav.o

obj-$(CONFIG_PCI)     += pci/host.o pci/config.o pci/interrupt.o
obj-$(if $(CONFIG_SNAPSHOT),$(CONFIG_PCI)) += pci/saved.o
obj-$(CONFIG_FIRMWARE) += boot/mptable_rom$(call none-without,MPTABLE).o \
			  $(if $(CONFIG_MPTABLE),boot/rom.o)
obj-$(CONFIG_FIRMWARE) += pci/i440fx.o devices/bioslog.o boot/bios.o \
			  boot/firmware/table_loader.o \
			  x86/cpustate_reset.o util/checksum.o
obj-$(CONFIG_BOOT_LINUX16) += boot/bzimage16.o boot/rom.o
obj-$(CONFIG_MACHINE) += platform_files$(call none-without,FIRMWARE).o
obj-$(CONFIG_MACHINE) += util/fwfile.o
obj-$(CONFIG_ECAM)    += pci/ecam.o
obj-$(CONFIG_PCI_HOTPLUG) += pci/hotplug.o virtio/pci_spare.o \
			     virtio/blk_spare.o virtio/blk_ctl.o
obj-$(CONFIG_MACHINE) += core/spares$(call none-without,PCI_HOTPLUG).o
obj-$(CONFIG_DEV_EDU) += pci/edu.o
obj-$(CONFIG_VIRTIO) += virtio/status.o virtio/transport.o \
			virtio/queue.o virtio/chain.o virtio/split.o \
			virtio/packed$(call none-without,VIRTIO_PACKED).o \
			virtio/event_idx$(call none-without,VIRTIO_EVENT_IDX).o
obj-$(CONFIG_VIRTIO_MMIO) += virtio/mmio.o
obj-$(CONFIG_VIRTIO_PCI)  += virtio/pci.o virtio/pci_common.o
obj-$(if $(CONFIG_SNAPSHOT),$(CONFIG_VIRTIO)) += virtio/saved.o
obj-$(if $(CONFIG_SNAPSHOT),$(CONFIG_VIRTIO_MMIO)) += virtio/mmio_saved.o
obj-$(if $(CONFIG_SNAPSHOT),$(CONFIG_VIRTIO_PCI)) += virtio/pci_saved.o
obj-$(if $(CONFIG_SNAPSHOT),$(CONFIG_DISKS)) += disk/saved.o
obj-$(if $(CONFIG_SNAPSHOT),$(CONFIG_DISK_OVERLAY)) += disk/changes_saved.o
obj-$(CONFIG_VIRTIO_RNG)  += virtio/rng.o
obj-$(CONFIG_VIRTIO_CONSOLE) += virtio/console.o
obj-$(CONFIG_VIRTIO_BALLOON) += virtio/balloon.o core/discard.o
obj-$(CONFIG_VIRTIO_9P)  += $(filter-out %/saved.o,$(call whole,virtio/p9))
obj-$(if $(CONFIG_SNAPSHOT),$(CONFIG_VIRTIO_9P)) += virtio/p9/saved.o
obj-$(CONFIG_VIRTIO_NET) += virtio/net.o virtio/net_plug.o virtio/net_fill.o \
			    virtio/net_offload.o net/stream.o net/unplugged.o
obj-$(CONFIG_NET_SOCKET) += net/socket.o
obj-$(CONFIG_NET_TAP)    += net/tap.o
obj-$(CONFIG_NET_HUB)    += net/hub.o
obj-$(CONFIG_NET_USER)   += net/user.o net/user_words.o
obj-$(CONFIG_VIRTIO_BLK) += virtio/blk.o virtio/blk_plug.o virtio/blk_config.o virtio/blk_request.o \
			    virtio/blk_ring$(call none-without,IO_URING).o
obj-$(CONFIG_DEV_IDE) += $(addprefix ide/,controller.o geometry.o regs.o address.o command.o identify.o \
			 transfer.o work.o drives.o function$(call none-without,IDE_DMA).o \
			 dma$(call none-without,IDE_DMA).o packet$(call none-without,IDE_CDROM).o \
			 $(if $(CONFIG_IDE_CDROM),packet_reply.o cdrom.o)) \
			 $(if $(CONFIG_SNAPSHOT),ide/saved.o)
obj-$(CONFIG_DEV_FLOPPY) += $(addprefix floppy/,controller.o regs.o command.o transfer.o find.o \
			    work.o media.o dma8237.o drives.o) \
			    $(if $(CONFIG_SNAPSHOT),floppy/saved.o)
obj-$(CONFIG_DISKS) += disk/select.o disk/words.o disk/raw.o disk/file.o disk/kind.o \
		       disk/map$(call none-without,DISK_MAP).o \
		       $(if $(CONFIG_DISK_MAP),disk/bits.o)
obj-$(CONFIG_DISK_OVERLAY) += disk/overlay.o disk/changes.o disk/bits.o
obj-$(CONFIG_DISK_NBD)     += disk/nbd.o disk/nbd_talk.o

# The bare run loop, with a bus if there is a device to stand on it.
ifneq ($(CONFIG_MACHINE),y)
obj-y += bare/bare.o util/log_plain.o
obj-y += $(if $(filter devices/%,$(obj-y)),bare/io.o core/bus.o \
	 core/bus_moving_none.o util/lock.o,bare/io_none.o)
endif

obj-$(CONFIG_BOOT_FLAT)  += boot/flat.o
obj-$(CONFIG_BOOT_PAGED) += boot/paged.o boot/paged_small.o \
			    boot/paged_large$(call none-without,PAGES_4M).o
obj-$(CONFIG_BOOT_LINUX) += boot/linux.o boot/bzimage.o boot/vmlinux.o \
			    boot/linux_short$(call none-without,BOOT_SHORTCUTS).o \
			    boot/linux_windows$(call none-without,VIRTIO_MMIO).o \
			    boot/elf.o boot/map64.o boot/sparse.o \
			    boot/room.o boot/memmap.o boot/firmware/bda.o
obj-$(CONFIG_BOOT_ROOT)  += boot/root.o
obj-$(CONFIG_MPTABLE)    += boot/firmware/mptable.o
obj-$(CONFIG_ACPI)       += boot/firmware/acpi.o boot/firmware/dsdt.o
obj-$(CONFIG_VMGENID)    += boot/firmware/vmgenid.o
obj-$(CONFIG_BOOT_LONG64) += boot/long64.o boot/elf.o boot/map64.o boot/room.o
obj-$(CONFIG_BOOT_PROT32) += boot/prot32.o boot/elf.o boot/room.o
multiboot-objs := $(addprefix boot/,multiboot.o multiboot_image.o \
		  multiboot_sections.o place.o memmap.o elf.o room.o sparse.o \
		  firmware/bda.o) x86/cpustate.o
obj-$(CONFIG_BOOT_MULTIBOOT1) += boot/multiboot1.o $(multiboot-objs)
obj-$(CONFIG_BOOT_MULTIBOOT2) += boot/multiboot2.o $(multiboot-objs)
obj-$(CONFIG_BOOT_CODE) += boot/code.o boot/place.o boot/room.o boot/map64.o
obj-$(CONFIG_BOOT_PVH) += boot/pvh.o boot/elf.o boot/room.o boot/memmap.o \
			  boot/place.o boot/sparse.o boot/firmware/bda.o
obj-$(or $(CONFIG_BOOT_CODE),$(CONFIG_BOOT_PVH),$(CONFIG_BOOT_PAGED),$(CONFIG_BOOT_LINUX),$(CONFIG_BOOT_LONG64),$(CONFIG_BOOT_PROT32)) \
	+= x86/cpustate.o

obj-$(CONFIG_DBG_TRACE)  += $(call whole,probes/trace)
obj-$(CONFIG_DBG_EXPLAIN) += $(call whole,probes/explain)
obj-$(CONFIG_DBG_REPORT)  += $(filter-out %_none.o,$(call whole,probes/report)) \
			     $(if $(CONFIG_DBG_RULES),,probes/report/rules_none.o) \
			     util/surface.o $(addprefix x86/,walk.o walk_words.o flags.o words.o)
obj-$(CONFIG_DBG_RULES)   += $(call whole,probes/report/rules)
obj-$(CONFIG_DBG_SYMBOLS) += util/symbols.o util/symbols_file.o $(call whole,probes/symbols)
obj-$(CONFIG_DBG_STATS)   += $(filter-out $(addprefix %/,every.o live.o ctl.o),$(call \
			     whole,probes/stats)) util/json.o util/utf8.o \
			     util/lane.o \
			     util/outfile.o
obj-$(CONFIG_DBG_STAGES)  += $(addprefix probes/stages/,stages.o mark.o seen.o \
			     console.o) util/lane.o
obj-$(if $(CONFIG_DBG_STATS),$(or $(CONFIG_DBG_STATS_EVERY),$(CONFIG_CONTROL))) \
	+= probes/stats/live.o
obj-$(CONFIG_DBG_STATS_EVERY) += probes/stats/every.o util/thread.o
obj-$(if $(CONFIG_CONTROL),$(CONFIG_DBG_STATS))  += probes/stats/ctl.o
obj-$(if $(CONFIG_CONTROL),$(CONFIG_DBG_STAGES)) += probes/stages/ctl.o
obj-$(if $(or $(CONFIG_DBG_STATS),$(CONFIG_CONTROL)),$(CONFIG_DBG_STAGES)) \
	+= probes/stages/json.o
obj-$(CONFIG_DBG_TRACE_FILE) += $(call whole,probes/tracefile) \
				util/json.o util/utf8.o util/lane.o util/outfile.o
obj-$(or $(CONFIG_DBG_GDB),$(CONFIG_DBG_RULES)) += core/irqstate.o x86/descriptor.o
obj-$(CONFIG_JUDGE)	  += $(call whole,probes/judge) judge_limits.o util/sha256.o util/json.o util/utf8.o
obj-$(CONFIG_DBG_BUDGET)  += $(call whole,probes/budget) util/lane.o
obj-$(CONFIG_DBG_GDB)     += $(call whole,service/gdb) util/thread.o \
			    $(addprefix x86/,walk.o walk_words.o flags.o words.o)
obj-$(CONFIG_DBG_TRACE_INSN) += $(call whole,service/insn) core/linear.o x86/walk.o \
				util/outfile.o
of-control := $(addprefix service/snapshot/,on_command.o on_reset.o again.o)
of-button  := $(if $(CONFIG_CONTROL)$(screens),service/snapshot/again.o)
obj-$(CONFIG_SNAPSHOT)    += $(addprefix core/,state.o state_cpuid.o \
			     state_time.o state_vcpu.o state_xsave.o \
			     state_msrs.o state_board.o state_reset.o state_wires.o) util/parts.o util/stash.o \
			     util/checksum.o util/pageset.o util/thread.o \
			     $(filter-out %_none.o $(of-control),$(call whole,service/snapshot)) \
			     $(if $(CONFIG_CONTROL),$(of-control)) $(of-button)
obj-$(CONFIG_MACHINE)     += words$(call none-without,SNAPSHOT).o \
			     $(if $(CONFIG_SNAPSHOT),,service/snapshot/restore_none.o)
obj-$(CONFIG_CONTROL)     += $(call whole,service/control) \
			     $(addprefix util/,json.o json_read.o utf8.o surface.o) \
			     core/irqstate.o x86/words.o util/thread.o
obj-$(CONFIG_FORK)        += $(call whole,service/fork)
obj-$(CONFIG_DBG_DOCTOR)  += $(call whole,doctor)

# The DSDT's parts, from ASL; one header, which only their file includes.
AML_H := $(B)/vmm/boot/firmware/dsdt.aml.h
$(AML_H): $(wildcard vmm/boot/firmware/dsdt/*) vmm/abi/pc.h tools/aml | $(DEPS_BUILD)
	$(say) IASL vmm/boot/firmware/dsdt/
	$(Q)mkdir -p $(@D)
	$(Q)tools/aml '$(CC)' $@ $(filter %.asl,$^)
$(addsuffix /vmm/boot/firmware/dsdt.o,$(B) $(B)/san $(B)/fuzz): $(AML_H)
cflags-vmm/boot/firmware/dsdt := -I$(dir $(AML_H))

# Option ROMs, from 16-bit assembly; a header each, which only one file includes.
ROM_H := $(B)/vmm/boot/rom
$(ROM_H)/%.rom.h: vmm/boot/rom/%.S vmm/boot/rom/rom.inc
	$(say) ROM $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -m32 -x assembler -c -o $(@:.h=.o) $<
	$(Q)objcopy -O binary -j .text $(@:.h=.o) $(@:.h=.bin)
	$(Q)od -An -v -tx1 $(@:.h=.bin) | sed 's/ \(..\)/0x\1,/g' >$@
$(addsuffix /vmm/boot/bzimage16.o,$(B) $(B)/san $(B)/fuzz): $(ROM_H)/setup.rom.h
$(addsuffix /vmm/boot/mptable_rom.o,$(B) $(B)/san $(B)/fuzz): $(ROM_H)/mptable.rom.h
cflags-vmm/boot/bzimage16 := -I$(ROM_H)
cflags-vmm/boot/mptable_rom := -I$(ROM_H)

# The font, out of a ROM that has it; one header, which only its file includes.
FONT_ROM := /usr/share/seabios/vgabios-stdvga.bin
FONT_H	 := $(B)/vmm/devices/font.vga.h
$(FONT_H): tools/vgafont | $(DEPS_BUILD)
	$(say) FONT vmm/devices/
	$(Q)mkdir -p $(@D)
	$(Q)tools/vgafont $(FONT_ROM) $@
$(addsuffix /vmm/devices/vga_font.o,$(B) $(B)/san $(B)/fuzz): $(FONT_H)
cflags-vmm/devices/vga_font := -I$(dir $(FONT_H))

# Statically with musl, or dynamically with the compiler's own C library.
VMM_MUSL := $(if $(findstring clang,$(CC)),,$(CONFIG_VMM_STATIC))
obj-$(VMM_MUSL) += util/static_pie.o

# liburing's own calls are the kernel's: it goes with any C library.
VMM_LIBS := $(if $(CONFIG_IO_URING),$(shell $(CC) -print-file-name=liburing.a))

VMM_OBJS := $(addprefix $(B)/vmm/,$(sort $(obj-y)))
VMM_LIST := $(call remember,$(B)/vmm/objects,objects: $(VMM_OBJS))
VMM_SAN  := $(patsubst $(B)/%,$(B)/san/%,$(filter-out %/static_pie.o,$(VMM_OBJS)))

cflags-vmm/cli := -DMKVM_VERSION='"$(VERSION)"'
cflags-vmm/bare/bare := $(cflags-vmm/cli)
cflags-vmm/service/snapshot/save := $(cflags-vmm/cli)

# Guests and images are hostile: the program lies at an address that nobody can
# guess, its tables are read only once it runs, and an overrun stack ends it.
VMM_LINK := -Wl,-z,relro,-z,now,-z,pack-relative-relocs,--build-id=none \
	    -Wl,-T,vmm/tables.ld
VMM_HARD := -fPIE -fstack-protector-strong

# Small: no tables for unwinding, nothing that nobody calls (tables.ld keeps the
# rows), and, unless CFLAGS are the user's own, size before speed but on the way
# that every VM exit takes and every byte of a kernel.
VMM_LINK += -Wl,--gc-sections
VMM_HARD += -ffunction-sections -fdata-sections -fno-unwind-tables \
	    -fno-asynchronous-unwind-tables
ifeq ($(origin CFLAGS),file)
VMM_HARD += -Oz
VMM_FAST := core/bus core/exit core/vcpu core/board core/memory boot/sparse \
	    boot/firmware/screen terminal/output util/ring devices/serial \
	    devices/serial_irq devices/hypercall disk/map disk/bits \
	    disk/file virtio/blk virtio/blk_request \
	    virtio/queue virtio/chain virtio/split virtio/packed \
	    virtio/net_fill net/hub net/stream net/user \
	    service/snapshot/ram util/checksum
$(foreach file,$(VMM_FAST),$(eval cflags-vmm/$(file) := -O2))
endif
cflags-vmm/util/static_pie := -fno-stack-protector

ifeq ($(VMM_MUSL),y)
# musl-gcc cannot link such a program: what it would do with its start files, in
# full. musl's headers have no _FORTIFY_SOURCE.
MUSL_LIB  := /usr/lib/x86_64-linux-musl
GCC_FILE   = $(shell $(CC) -print-file-name=$1)
VMM_LINK  += -Wl,-z,noseparate-code,-e,pie_start
VMM_LD     = $(CC) $(CFLAGS) -static-pie -nostdlib -nostartfiles -o $@ \
	     $(addprefix $(MUSL_LIB)/,rcrt1.o crti.o) \
	     $(call GCC_FILE,crtbeginS.o) $(VMM_OBJS) $(VMM_LINK) $(LDFLAGS) \
	     $(VMM_LIBS) \
	     -L$(MUSL_LIB) -lc -lgcc $(call GCC_FILE,crtendS.o) $(MUSL_LIB)/crtn.o
$(VMM_OBJS): HOST_CC = $(MUSL_CC) $(MUSL_AFTER)
else
VMM_HARD  += $(if $(filter -O1 -O2 -O3 -Os -Oz,$(CFLAGS)),-U_FORTIFY_SOURCE \
	     -D_FORTIFY_SOURCE=2)
VMM_LD     = $(HOST_CC) $(CFLAGS) -pie -o $@ $(VMM_OBJS) -pthread $(VMM_LINK) \
	     $(LDFLAGS) $(VMM_LIBS)
endif
$(VMM_OBJS): EXTRA = $(VMM_HARD)
VMM_HOW := $(call remember,$(B)/vmm/how,static: $(VMM_MUSL) $(VMM_HARD) $(VMM_LINK) fast: $(VMM_FAST))
$(VMM_OBJS): $(VMM_HOW)

$(B)/vmm/kvm-vmm: $(VMM_OBJS) $(VMM_LIST) vmm/tables.ld
	$(say) LD kvm-vmm
	$(Q)$(VMM_LD)

$(B)/san/vmm/kvm-vmm: $(VMM_SAN) $(VMM_LIST)
	$(say) LD-SAN kvm-vmm
	$(Q)$(HOST_CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(VMM_SAN) -pthread $(LDFLAGS) $(VMM_LIBS)

$(IMAGES)/kvm-vmm: $(B)/vmm/kvm-vmm
	$(say) STRIP images/kvm-vmm
	$(Q)mkdir -p $(@D)
	$(Q)strip -R .comment -o $@ $<

# One that is on the guest's side, for the tests of the sandbox: with --attack.
HOSTILE_OBJS := $(patsubst %.c,$(B)/%.o,$(wildcard tests/hostile/*.c))

ifeq ($(VMM_MUSL),y)
$(HOSTILE_OBJS): HOST_CC = $(MUSL_CC) $(MUSL_AFTER)
endif
$(HOSTILE_OBJS): EXTRA = $(VMM_HARD) -I.

$(B)/hostile/vmm/kvm-vmm: VMM_OBJS := $(VMM_OBJS) $(HOSTILE_OBJS)
$(B)/hostile/vmm/kvm-vmm: $(VMM_OBJS) $(HOSTILE_OBJS) $(VMM_LIST) vmm/tables.ld
	$(say) LD-HOSTILE kvm-vmm
	$(Q)mkdir -p $(@D)
	$(Q)$(VMM_LD)

kvm-vmm: $(IMAGES)/kvm-vmm
san: $(B)/san/vmm/kvm-vmm $(B)/san/host/initcpio
hostile: $(B)/hostile/vmm/kvm-vmm
PHONY += kvm-vmm san hostile

ifeq ($(SAN),1)
all: san
else
all: kvm-vmm
endif

include $(call deps-of,$(VMM_OBJS) $(VMM_SAN) $(HOSTILE_OBJS))
