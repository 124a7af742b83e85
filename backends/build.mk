# Back ends: programs that kvm-vmm starts, each on a library of others; they lie
# beside it. Static, with musl, whatever kvm-vmm is.

GUNZIP_OBJS := $(addprefix $(B)/musl/backends/,kvm_gunzip.o gunzip.o)

$(GUNZIP_OBJS) $(B)/san/backends/gunzip.o $(B)/fuzz/backends/gunzip.o: EXTRA = -I.

# Debian has zlib for glibc only; of inflateBack() that concerns no more than how
# to call memcpy() and malloc(), so it does with musl as well.
$(IMAGES)/kvm-gunzip: $(GUNZIP_OBJS)
	$(say) LD-MUSL images/kvm-gunzip
	$(Q)mkdir -p $(@D)
	$(call musl-link,$^ $(shell $(CC) -print-file-name=libz.a))

$(B)/san/vmm/kvm-gunzip: $(IMAGES)/kvm-gunzip
	$(Q)mkdir -p $(@D)
	$(Q)ln -sf $(abspath $<) $@

ifeq ($(CONFIG_BOOT_GZIP),y)
kvm-vmm: $(IMAGES)/kvm-gunzip
san: $(B)/san/vmm/kvm-gunzip
endif

include $(call deps-of,$(GUNZIP_OBJS))
