# The initramfs: BusyBox, our own program, the archive.

# --- Static programs for guests, with musl -----------------------------------

# musl does not look for the kernel's headers, nor those of libraries; links to the
# system's copies.
MUSL := $(B)/musl/include

MUSL_LINKS := linux mtd video asm-generic x86_64-linux-gnu/asm zlib.h zconf.h \
	      liburing.h liburing

$(MUSL)/.stamp: $(call remember,$(B)/musl.links,$(MUSL_LINKS)) | $(DEPS_BUILD)
	$(Q)mkdir -p $(@D)
	$(Q)ln -sfn $(MUSL_LINKS:%=/usr/include/%) $(@D)
	$(Q)touch $@

MUSL_CC    = $(CCACHE) musl-gcc
MUSL_FLAGS = -std=gnu11 $(WARNINGS) -Os -isystem $(MUSL) -Ivmm \
	     -ffile-prefix-map=$(TOP)/= -MMD -MF $@.d -MT $@

$(B)/musl/%.o: %.c $(MUSL)/.stamp $(HOST_FLAGS) | $(B)/config/auto.conf
	$(say) CC-MUSL $<
	$(Q)mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(MUSL_FLAGS) $(EXTRA) -c -o $@ $<

# $(call musl-link,OBJECTS): a small static program without symbols.
musl-link = $(Q)$(MUSL_CC) -static -s -Wl,--gc-sections \
	    -Wl,-z,noseparate-code -Wl,--build-id=none -o $@ $1

VMCTL := $(B)/musl/vmctl

# Its own start code and no library: a few hundred bytes.
$(B)/musl/initramfs/vmctl.o: EXTRA = -ffreestanding

$(VMCTL): $(B)/musl/initramfs/vmctl.o
	$(say) LD-MUSL vmctl
	$(call musl-link,-nostdlib $^)

include $(call deps-of,$(B)/musl/initramfs/vmctl.o)

# --- BusyBox -----------------------------------------------------------------

BUSYBOX_TARBALL := $(call unquote,$(CONFIG_IMG_BUSYBOX_TARBALL))
BUSYBOX_FROM    := $(or $(BUSYBOX_TARBALL),busybox)
BUSYBOX_TREE    := $(abspath $(B)/src/busybox)
BUSYBOX_FRAG    := $(call unquote,$(CONFIG_IMG_BUSYBOX_FRAGMENT))

$(B)/src/busybox.stamp: $(call remember,$(B)/src/busybox.from,$(BUSYBOX_FROM)) \
			$(wildcard $(BUSYBOX_TARBALL)) | $(DEPS_BUILD)
	$(Q)tools/fetch busybox $(BUSYBOX_FROM) $(BUSYBOX_TREE)
	$(Q)touch $@

$(B)/busybox.config: $(BUSYBOX_FRAG) tools/fragment \
		     $(call remember,$(B)/busybox.lines,fragment: $(BUSYBOX_FRAG))
	$(Q)tools/fragment $(BUSYBOX_FRAG) >$@.tmp && mv $@.tmp $@

$(B)/busybox.built: $(B)/busybox.config $(B)/src/busybox.stamp $(MUSL)/.stamp \
		    tools/busybox
	$(SUB)$(Q)tools/busybox $(BUSYBOX_TREE) $(B)/busybox $(B)/busybox.config $(MUSL)
	$(Q)touch $@

# --- The archive -------------------------------------------------------------

INITRAMFS_Z   := $(strip $(foreach z,gzip:GZIP:.gz xz:XZ:.xz lz4:LZ4:.lz4 \
		 zstd:ZSTD:.zst bzip2:BZIP2:.bz2 lzma:LZMA:.lzma lzo:LZO:.lzo, \
		 $(if $(CONFIG_IMG_INITRAMFS_$(word 2,$(subst :, ,$z))),$z)))
INITRAMFS_HOW := $(or $(firstword $(subst :, ,$(INITRAMFS_Z))),none)
INITRAMFS     := $(IMAGES)/initramfs.cpio$(word 3,$(subst :, ,$(INITRAMFS_Z)))

OVERLAY         := $(wildcard $(call unquote,$(CONFIG_IMG_INITRAMFS_OVERLAY)))
INITRAMFS_LISTS := initramfs/files.list \
		   $(call unquote,$(CONFIG_IMG_INITRAMFS_LISTS))

ifeq ($(CONFIG_IMG_INITRAMFS),y)
# initcpio itself tells what the archive was made from, folders included.
$(INITRAMFS): $(B)/host/initcpio $(B)/busybox.built $(VMCTL) \
	      $(call remember,$(B)/initramfs.from,$(INITRAMFS_HOW) \
		$(INITRAMFS_LISTS) $(OVERLAY))
	$(say) CPIO images/$(@F)
	$(Q)mkdir -p $(@D)
	$(Q)BUSYBOX=$(B)/busybox/busybox VMCTL=$(VMCTL) SRC=initramfs \
		$(B)/host/initcpio create -z $(INITRAMFS_HOW) \
		-M $(B)/initramfs.d -o $@ $(INITRAMFS_LISTS) $(OVERLAY)

-include $(B)/initramfs.d

initramfs: $(INITRAMFS)
all: initramfs
PHONY += initramfs
else
$(eval $(call goal-without,initramfs,IMG_INITRAMFS))
endif
