# Back ends: programs that kvm-vmm starts, each on a library of others; they lie
# beside it. kvm-gunzip is static, with musl, whatever kvm-vmm is.

JAIL_SRC := $(wildcard backends/jail/*.c)
GUNZIP_OBJS := $(addprefix $(B)/musl/backends/,kvm_gunzip.o gunzip.o) \
	       $(patsubst %.c,$(B)/musl/%.o,$(JAIL_SRC))

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

# libslirp wants glib, and both the system's C library: a dynamic program.
NET_OBJS := $(patsubst %.c,$(B)/%.o,$(wildcard backends/net/*.c))
JAIL_OBJS := $(patsubst %.c,$(B)/%.o,$(JAIL_SRC))
NET_LINK := -pie -Wl,-z,relro,-z,now,--build-id=none

$(NET_OBJS) $(JAIL_OBJS): EXTRA = -I. -I/usr/include/slirp -fPIE -fstack-protector-strong \
	$(if $(filter -O1 -O2 -O3 -Os -Oz,$(CFLAGS)),-U_FORTIFY_SOURCE \
	-D_FORTIFY_SOURCE=2)
$(patsubst %.c,$(B)/musl/%.o,$(JAIL_SRC)) $(patsubst %.c,$(B)/san/%.o,$(JAIL_SRC)): \
	EXTRA = -I.
$(patsubst $(B)/%,$(B)/san/%,$(NET_OBJS)) $(patsubst $(B)/%,$(B)/fuzz/%,$(NET_OBJS)): \
	EXTRA = -I. -I/usr/include/slirp

$(B)/backends/kvm-net: $(NET_OBJS) $(JAIL_OBJS)
	$(say) LD kvm-net
	$(Q)$(HOST_CC) $(CFLAGS) $(NET_LINK) -o $@ $^ $(LDFLAGS) -lslirp

$(IMAGES)/kvm-net: $(B)/backends/kvm-net
	$(say) STRIP images/kvm-net
	$(Q)mkdir -p $(@D)
	$(Q)strip -R .comment -o $@ $<

$(B)/san/vmm/kvm-net: $(IMAGES)/kvm-net
	$(Q)mkdir -p $(@D)
	$(Q)ln -sf $(abspath $<) $@

ifeq ($(CONFIG_NET_USER),y)
kvm-vmm: $(IMAGES)/kvm-net
san: $(B)/san/vmm/kvm-net
endif

# Zydis' tables are 500 KB: they are in a library of the system's.
INSN_OBJS := $(patsubst %.c,$(B)/%.o,$(wildcard backends/insn/*.c))

$(INSN_OBJS): EXTRA = -I. -fPIE -fstack-protector-strong \
	$(if $(filter -O1 -O2 -O3 -Os -Oz,$(CFLAGS)),-U_FORTIFY_SOURCE \
	-D_FORTIFY_SOURCE=2)
$(patsubst $(B)/%,$(B)/san/%,$(INSN_OBJS)) $(patsubst $(B)/%,$(B)/fuzz/%,$(INSN_OBJS)): \
	EXTRA = -I.

$(B)/backends/kvm-insn: $(INSN_OBJS) $(JAIL_OBJS)
	$(say) LD kvm-insn
	$(Q)$(HOST_CC) $(CFLAGS) $(NET_LINK) -o $@ $^ $(LDFLAGS) -lZydis -lZycore

$(IMAGES)/kvm-insn: $(B)/backends/kvm-insn
	$(say) STRIP images/kvm-insn
	$(Q)mkdir -p $(@D)
	$(Q)strip -R .comment -o $@ $<

$(B)/san/vmm/kvm-insn: $(IMAGES)/kvm-insn
	$(Q)mkdir -p $(@D)
	$(Q)ln -sf $(abspath $<) $@

ifeq ($(CONFIG_DBG_TRACE_INSN),y)
kvm-vmm: $(IMAGES)/kvm-insn
san: $(B)/san/vmm/kvm-insn
endif

include $(call deps-of,$(GUNZIP_OBJS) $(NET_OBJS) $(JAIL_OBJS) $(INSN_OBJS))
