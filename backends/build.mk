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

# A screen for people: LibVNCServer and libwebsockets are dynamic, too.
SCREEN_SRC := $(wildcard backends/screen/*.c)
SCREEN_OBJS := $(patsubst %.c,$(B)/%.o,$(SCREEN_SRC))
VNC_OBJS := $(patsubst %.c,$(B)/%.o,$(wildcard backends/vnc/*.c))
WEB_OBJS := $(patsubst %.c,$(B)/%.o,$(wildcard backends/web/*.c)) \
	    $(B)/backends/web/page.o

$(SCREEN_OBJS) $(VNC_OBJS) $(WEB_OBJS): EXTRA = -I. -Ivmm -fPIE -fstack-protector-strong \
	$(if $(filter -O1 -O2 -O3 -Os -Oz,$(CFLAGS)),-U_FORTIFY_SOURCE \
	-D_FORTIFY_SOURCE=2)
$(patsubst $(B)/%,$(B)/san/%,$(SCREEN_OBJS) $(VNC_OBJS) $(WEB_OBJS)) \
	$(patsubst $(B)/%,$(B)/fuzz/%,$(SCREEN_OBJS) $(VNC_OBJS) $(WEB_OBJS)): \
	EXTRA = -I. -Ivmm

$(B)/backends/kvm-vnc: $(VNC_OBJS) $(SCREEN_OBJS) $(JAIL_OBJS)
	$(say) LD kvm-vnc
	$(Q)$(HOST_CC) $(CFLAGS) $(NET_LINK) -o $@ $^ $(LDFLAGS) -lvncserver

$(B)/backends/kvm-web: $(WEB_OBJS) $(SCREEN_OBJS) $(JAIL_OBJS)
	$(say) LD kvm-web
	$(Q)$(HOST_CC) $(CFLAGS) $(NET_LINK) -o $@ $^ $(LDFLAGS) -lwebsockets -lz

$(IMAGES)/kvm-vnc $(IMAGES)/kvm-web: $(IMAGES)/%: $(B)/backends/%
	$(say) STRIP images/$*
	$(Q)mkdir -p $(@D)
	$(Q)strip -R .comment -o $@ $<

$(B)/san/vmm/kvm-vnc $(B)/san/vmm/kvm-web: $(B)/san/vmm/%: $(IMAGES)/%
	$(Q)mkdir -p $(@D)
	$(Q)ln -sf $(abspath $<) $@

# The page: what is ours, and xterm.js, of npm, as one file.
XTERM := @xterm/xterm@6.0.0
XTERM_TREE := $(B)/src/xterm
PAGE := $(B)/backends/web/page.gz
$(XTERM_TREE).stamp: tools/fetch backends/build.mk | $(DEPS_BUILD)
	$(Q)tools/fetch npm $(XTERM) $(abspath $(XTERM_TREE))
	$(Q)touch $@

$(PAGE): tools/webpage backends/web/page.html backends/web/page.css \
		backends/web/page.js $(XTERM_TREE).stamp
	$(say) PAGE backends/web/
	$(Q)mkdir -p $(@D)
	$(Q)tools/webpage backends/web/page.html backends/web/page.css \
		backends/web/page.js $(XTERM_TREE) $@ $(@D)/csp.h

$(B)/backends/web/page.o: backends/web/page.S $(PAGE)
	$(say) AS $<
	$(Q)$(CC) -c -DWEB_PAGE='"$(PAGE)"' -o $@ $<

$(addsuffix /backends/web/page_http.o,$(B) $(B)/san $(B)/fuzz): $(PAGE)
cflags-backends/web/page_http := -I$(B)

ifeq ($(CONFIG_DISPLAY_VNC),y)
kvm-vmm: $(IMAGES)/kvm-vnc
san: $(B)/san/vmm/kvm-vnc
endif

# By itself, as it takes what no other part does: npm, unless xterm.js is in dl/.
$(WEB_OBJS) $(foreach f,san fuzz,$(patsubst $(B)/%,$(B)/$f/%,$(WEB_OBJS))) \
	$(B)/fuzz/tests/fuzz/fuzz_people.o: | $(B)/deps/web
web: $(IMAGES)/kvm-web $(B)/san/vmm/kvm-web
PHONY += web

include $(call deps-of,$(SCREEN_OBJS) $(VNC_OBJS) $(WEB_OBJS) $(GUNZIP_OBJS) $(NET_OBJS) $(JAIL_OBJS) $(INSN_OBJS))
