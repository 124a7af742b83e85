# The initramfs: BusyBox, our own program, the archive.

# --- Static programs for guests, with musl -----------------------------------

# musl does not look for the kernel's headers, nor those of libraries. BusyBox and
# Dropbear have links to the system's copies; what is compiled here looks for them
# where they are, by words that are the same in every output tree.
MUSL := $(B)/musl/include

MUSL_LINKS := linux mtd video asm-generic x86_64-linux-gnu/asm zlib.h zconf.h \
	      liburing.h liburing

$(MUSL)/.stamp: $(call remember,$(B)/musl.links,$(MUSL_LINKS)) | $(DEPS_BUILD)
	$(Q)mkdir -p $(@D)
	$(Q)ln -sfn $(MUSL_LINKS:%=/usr/include/%) $(@D)
	$(Q)touch $@

MUSL_AFTER := -idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu
MUSL_CC     = $(CCACHE) musl-gcc
MUSL_FLAGS  = -std=gnu11 $(WARNINGS) -Os $(MUSL_AFTER) -Ivmm \
	      -ffile-prefix-map=$(TOP)=. -MMD -MP -MF $@.d -MT $@

$(B)/musl/%.o: %.c $(HOST_FLAGS) | $(B)/config/auto.conf
	$(say) CC-MUSL $<
	$(Q)mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(MUSL_FLAGS) $(EXTRA) -c -o $@ $<

# $(call musl-link,OBJECTS): a small static program without symbols.
musl-link = $(Q)$(MUSL_CC) -static -s -Wl,--gc-sections \
	    -Wl,-z,noseparate-code -Wl,--build-id=none -o $@ $1

VMCTL := $(B)/musl/vmctl

# Its own start code and no library: some three KB.
VMCTL_OBJS := $(addprefix $(B)/musl/initramfs/,vmctl.o vmctl_saved.o)
$(VMCTL_OBJS): EXTRA = -ffreestanding -fno-asynchronous-unwind-tables

$(VMCTL): $(VMCTL_OBJS)
	$(say) LD-MUSL vmctl
	$(call musl-link,-nostdlib $^)

include $(call deps-of,$(VMCTL_OBJS))

# --- BusyBox -----------------------------------------------------------------

BUSYBOX_TARBALL := $(call unquote,$(CONFIG_IMG_BUSYBOX_TARBALL))
BUSYBOX_FROM    := $(or $(BUSYBOX_TARBALL),busybox)
BUSYBOX_TREE    := $(abspath $(B)/src/busybox)
BUSYBOX_FRAG    := $(strip $(call unquote,$(CONFIG_IMG_BUSYBOX_FRAGMENT)) \
		   $(if $(CONFIG_IMG_INITRAMFS_STD),initramfs/busybox-net.config))

$(B)/src/busybox.stamp: $(call remember,$(B)/src/busybox.from,$(BUSYBOX_FROM)) \
			$(wildcard $(BUSYBOX_TARBALL)) | $(DEPS_BUILD)
	$(Q)tools/fetch busybox $(BUSYBOX_FROM) $(BUSYBOX_TREE)
	$(Q)touch $@

# $(call busybox,DIR,FRAGMENTS): builds build/DIR/busybox from FRAGMENTS.
define busybox
$(B)/$1.config: $2 tools/fragment $(call remember,$(B)/$1.lines,fragment: $2)
	$$(Q)tools/fragment $2 >$$@.tmp && mv $$@.tmp $$@

$(B)/$1.built: $(B)/$1.config $(B)/src/busybox.stamp $(MUSL)/.stamp tools/busybox
	$$(SUB)$$(Q)tools/busybox $(BUSYBOX_TREE) $(B)/$1 $(B)/$1.config $(MUSL)
	$$(Q)touch $$@
endef

$(eval $(call busybox,busybox,$(BUSYBOX_FRAG)))

# --- Dropbear ---------------------------------------------------------------

DROPBEAR_TREE := $(B)/src/dropbear

$(B)/src/dropbear.stamp: tools/fetch | $(DEPS_BUILD)
	$(Q)tools/fetch dropbear dropbear $(abspath $(DROPBEAR_TREE))
	$(Q)touch $@

$(B)/dropbear.built: initramfs/dropbear.h $(B)/src/dropbear.stamp $(MUSL)/.stamp \
		     tools/dropbear
	$(SUB)$(Q)tools/dropbear $(DROPBEAR_TREE) $(B)/dropbear initramfs/dropbear.h \
		$(MUSL)
	$(Q)touch $@

# --- The archive -------------------------------------------------------------

INITRAMFS_Z   := $(strip $(foreach z,gzip:GZIP:.gz xz:XZ:.xz lz4:LZ4:.lz4 \
		 zstd:ZSTD:.zst bzip2:BZIP2:.bz2 lzma:LZMA:.lzma lzo:LZO:.lzo, \
		 $(if $(CONFIG_IMG_INITRAMFS_$(word 2,$(subst :, ,$z))),$z)))
INITRAMFS_HOW := $(or $(firstword $(subst :, ,$(INITRAMFS_Z))),none)
INITRAMFS     := $(IMAGES)/initramfs.cpio$(word 3,$(subst :, ,$(INITRAMFS_Z)))

OVERLAY         := $(wildcard $(call unquote,$(CONFIG_IMG_INITRAMFS_OVERLAY)))
INITRAMFS_LISTS := initramfs/files.list \
		   $(if $(CONFIG_IMG_INITRAMFS_STD),initramfs/std.list) \
		   $(if $(CONFIG_IMG_DROPBEAR),initramfs/dropbear.list) \
		   $(call unquote,$(CONFIG_IMG_INITRAMFS_LISTS))

# $(call initramfs-of,BUSYBOX,DROPBEAR): what an archive is made of, DROPBEAR is y
# or nothing; $(call initramfs-env,BUSYBOX): what its lists call that.
initramfs-of  = $(B)/host/initcpio $(B)/$1.built $(VMCTL) \
		$(if $2,$(B)/dropbear.built)
initramfs-env = BUSYBOX=$(B)/$1/busybox VMCTL=$(VMCTL) \
		DROPBEAR=$(B)/dropbear/dropbearmulti SRC=initramfs

# $(call root-disk,IMAGE,DIR,BUSYBOX,DROPBEAR,INPUTS,MIB): IMAGE, the same as a disk,
# with intermediate files called build/DIR.*. Its Linux looks for /sbin/init.
define root-disk
$(B)/$2.cpio: $(call initramfs-of,$3,$4) $(call remember,$(B)/$2.from,$5)
	$$(Q)$(call initramfs-env,$3) $(B)/host/initcpio create -u \
		-M $(B)/$2.d -o $$@ initramfs/root.list $5

$1: $(B)/$2.cpio tools/rootdisk $(call remember,$(B)/$2.size,$6 MiB) | $(B)/deps/disk
	$$(say) DISK $(patsubst $(IMAGES)/%,images/%,$1)
	$$(Q)mkdir -p $$(@D)
	$$(Q)tools/rootdisk $$< $6 $$@

-include $(B)/$2.d
endef

ifeq ($(CONFIG_IMG_INITRAMFS),y)
# initcpio itself tells what the archive was made from, folders included.
$(INITRAMFS): $(call initramfs-of,busybox,$(CONFIG_IMG_DROPBEAR)) \
	      $(call remember,$(B)/initramfs.from,$(INITRAMFS_HOW) \
		$(INITRAMFS_LISTS) $(OVERLAY))
	$(say) CPIO images/$(@F)
	$(Q)mkdir -p $(@D)
	$(Q)$(call initramfs-env,busybox) \
		$(B)/host/initcpio create -z $(INITRAMFS_HOW) \
		-M $(B)/initramfs.d -o $@ $(INITRAMFS_LISTS) $(OVERLAY)

-include $(B)/initramfs.d

initramfs: $(INITRAMFS)
all: initramfs
PHONY += initramfs

ifeq ($(CONFIG_IMG_ROOT_DISK),y)
$(eval $(call root-disk,$(IMAGES)/root.img,rootdisk,busybox,$(CONFIG_IMG_DROPBEAR),$(strip \
	$(INITRAMFS_LISTS) $(OVERLAY)),$(CONFIG_IMG_ROOT_DISK_MIB)))
initramfs: $(IMAGES)/root.img
endif
else
$(eval $(call goal-without,initramfs,IMG_INITRAMFS))
endif
