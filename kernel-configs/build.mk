# Linux: its source, its configuration, the kernel in two forms.
#
#   images/vmlinux   ELF with its symbols: nothing to decompress in the guest
#   images/bzImage   what boot loaders expect

# --- Source ------------------------------------------------------------------

LINUX_PATH := $(call unquote,$(CONFIG_IMG_LINUX_PATH))

ifeq ($(CONFIG_IMG_LINUX_TREE),y)
LINUX_TREE := $(abspath $(LINUX_PATH))
LINUX_FROM :=
else
LINUX_TREE := $(abspath $(B)/src/linux)
LINUX_FROM := $(if $(CONFIG_IMG_LINUX_TARBALL),$(LINUX_PATH),$(call \
	      unquote,$(CONFIG_IMG_LINUX_PACKAGE)))
endif

LINUX_SRC := $(B)/src/linux.stamp

# Noted without the place of our tree, which may be moved or copied; trees of before
# have it there.
LINUX_NOTE  := $(if $(LINUX_FROM),src/linux,$(LINUX_PATH)) $(LINUX_FROM)
LINUX_NOTED := $(patsubst /%/build/src/linux,src/linux,$(file <$(B)/src/linux.from))
LINUX_SAME  := $(call same,$(strip $(LINUX_NOTED)),$(strip $(LINUX_NOTE)))

$(LINUX_SRC): $(if $(LINUX_SAME),$(B)/src/linux.from,$(call \
	      remember,$(B)/src/linux.from,$(LINUX_NOTE))) \
	      $(wildcard $(if $(CONFIG_IMG_LINUX_TARBALL),$(LINUX_PATH))) \
	      tools/linux-exclude | $(DEPS_BUILD)
	$(if $(LINUX_FROM),$(Q)tools/fetch linux $(LINUX_FROM) $(LINUX_TREE))
	$(Q)touch $@

# --- Building ----------------------------------------------------------------

# $(call linux-kernel,DIR,NAME,FRAGMENTS,LINES,PATCHES): builds build/DIR, called NAME
# on the screen, from FRAGMENTS and the symbols LINES on top, and what PATCHES change.
# The make of Linux is entered when one of them changed, so not at all when there is
# nothing to do.
define linux-kernel
$(B)/$1.config: $3 $(call remember,$(B)/$1.lines,$3 $4) tools/fragment $(LINUX_SRC)
	$$(Q)tools/fragment -t $(LINUX_TREE) $(addprefix -s ,$4) $3 >$$@.tmp
	$$(Q)mv $$@.tmp $$@

$(B)/$1.built: $(B)/$1.config $(LINUX_SRC) tools/kernel $5
	$$(SUB)$$(Q)tools/kernel $2 $(LINUX_TREE) $(B)/$1 $(B)/$1.config $5
	$$(Q)touch $$@
endef

# The kernel can unpack the initramfs whatever compresses it.
LINUX_LINES := $(foreach z,LZ4 GZIP ZSTD XZ,$(if \
	       $(CONFIG_IMG_LINUX_$z),KERNEL_$z=y)) \
	       $(foreach z,GZIP XZ LZ4 ZSTD BZIP2 LZMA LZO,$(if \
	       $(CONFIG_IMG_INITRAMFS_$z),RD_$z=y))

LINUX_FRAGS := $(strip $(call unquote,$(CONFIG_IMG_LINUX_FRAGMENT)) \
	       $(if $(CONFIG_IMG_LINUX_STD),kernel-configs/std.config) \
	       $(call unquote,$(CONFIG_IMG_LINUX_FRAGMENTS)))

ifeq ($(CONFIG_IMG_LINUX),y)
$(eval $(call linux-kernel,linux,linux,$(LINUX_FRAGS),$(strip $(LINUX_LINES))))

$(IMAGES)/bzImage: $(B)/linux.built
	$(say) IMAGE images/bzImage
	$(Q)mkdir -p $(@D)
	$(Q)cp $(B)/linux/arch/x86/boot/bzImage $@

$(IMAGES)/vmlinux: $(B)/linux.built kernel-configs/build.mk
	$(say) IMAGE images/vmlinux
	$(Q)mkdir -p $(@D)
	$(Q)objcopy -g -R .comment $(B)/linux/vmlinux $@

kernel: $(IMAGES)/bzImage $(IMAGES)/vmlinux
all: kernel
PHONY += kernel

# A tree of the user's own changes behind our back: asked for by name, look.
ifeq ($(CONFIG_IMG_LINUX_TREE)$(filter kernel,$(MAKECMDGOALS)),ykernel)
PHONY += $(B)/linux.built
endif
else
$(eval $(call goal-without,kernel,IMG_LINUX))
endif
