# slipway: make, make test, make demo. On a bare Debian, missing packages are installed first (tests/tools/deps.sh).
#   SANITIZE=address,undefined | thread   CC=clang   WERROR=1   PREFIX= DESTDIR=   FUZZ_SECONDS=
#   JOBS= (tests at once)   V=1 (whole commands)
VERSION := 0.1.0

ifeq ($(origin CC),default)
CC := gcc
endif
comma := ,
VARIANT := $(filter-out gcc,$(notdir $(CC)))$(if $(SANITIZE),$(if $(filter-out gcc,$(notdir $(CC))),-)san-$(SANITIZE))
BUILD ?= build$(if $(VARIANT),/$(VARIANT))
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 30
JOBS ?= 4

# Packages come before anything else: make remakes these included files, then starts over with what they brought.
GOALS := $(or $(MAKECMDGOALS),all)
ifneq ($(filter-out clean deps uninstall,$(GOALS)),)
include build/deps-build.mk
ifneq ($(filter test unit lint test-programs test-peers bench,$(GOALS)),)
include build/deps-test.mk
endif
ifneq ($(filter lint fuzz,$(GOALS)),)
include build/deps-lint.mk
endif
endif
build/deps-%.mk: tests/tools/deps.sh
	@mkdir -p build
	@sh tests/tools/deps.sh $*
	@touch $@

# Asked of pkg-config at first use, once.
PKGS := libssl libcrypto libcurl libcjson sqlite3 libxxhash libdeflate zlib libutf8proc
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)
Q := $(if $(V),,@)
REVISION := $(shell git describe --always --tags 2>/dev/null)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wvla -Wformat=2 -Wcast-qual -Wundef $(if $(filter 1,$(WERROR)),-Werror)
ARCH := $(shell uname -m)
HARDEN := -fstack-protector-strong -fstack-clash-protection $(if $(filter x86_64 i%86,$(ARCH)),-fcf-protection)
# Level 3 where compiler and libc have it, else 2.
FORTIFY = $(eval FORTIFY := $(shell echo '\#include <features.h>' | $(CC) -O2 -D_FORTIFY_SOURCE=3 -Werror -E -x c - \
	>/dev/null 2>&1 && echo 3 || echo 2))$(FORTIFY)
ifdef SANITIZE
MODE = -O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	$(if $(findstring address,$(SANITIZE)),-DSLIPWAY_ARENA_DEBUG)
LINK_MODE = -fsanitize=$(SANITIZE)
else
MODE = -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(FORTIFY) $(HARDEN)
endif
CPPFLAGS += -D_GNU_SOURCE -Isrc -Itests/unit/support -DSLIPWAY_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=c17 -g -fPIE -pthread $(WARN) $(MODE) $(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(LINK_MODE) $(LDFLAGS)
LIBS = $(PKG_LIBS) -lm $(LDLIBS)

find = $(sort $(shell find $(1) -name '$(2)' $(3) 2>/dev/null))
SRC := $(call find,src,*.c)
UNIT := $(call find,tests/unit,test_*.c)
SUPPORT := $(call find,tests/unit,*.c,! -name 'test_*')
TOOLS := $(call find,tests/tools bench,*.c)
FAKE_FIREBASE := $(call find,tests/fake/firebase,*.c)
FUZZ := $(call find,tests/fuzz,fuzz_*.c)
object = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIB := $(BUILD)/libslipway.a
TESTLIB := $(BUILD)/libtest.a
PROGRAM := $(if $(wildcard src/main.c),$(BUILD)/slipway)
UNIT_PROGRAMS := $(UNIT:%.c=$(BUILD)/%)
TOOL_PROGRAMS := $(TOOLS:%.c=$(BUILD)/%)
FAKE_PROGRAMS := $(if $(FAKE_FIREBASE),$(BUILD)/tests/fake/firebase-server)
REPLAYS := $(FUZZ:tests/fuzz/fuzz_%.c=$(BUILD)/tests/fuzz/replay_%)
FUZZERS := $(FUZZ:tests/fuzz/fuzz_%.c=$(BUILD)/tests/fuzz/fuzz_%)
E2E := $(sort $(wildcard tests/e2e/*.t))

.PHONY: all demo test unit lint bench install uninstall fuzz clean deps test-peers test-programs fuzz-programs FORCE
.DELETE_ON_ERROR:
all: $(LIB) $(PROGRAM)

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC    $<')
	$(Q)$(CC) $(CPPFLAGS) $(EXTRA) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
# Only these know the revision, so that a commit does not rebuild the rest.
NAMED := $(call object,$(filter src/main.c src/cmd/%,$(SRC)))
$(NAMED): EXTRA = -DSLIPWAY_REVISION='"$(REVISION)"'
$(NAMED): $(BUILD)/revision
# Rewritten only when the text differs; the list of sources, so that a removed one leaves the archive.
$(BUILD)/revision: TEXT = $(REVISION)
$(BUILD)/sources: TEXT = $(SRC) $(SUPPORT)
$(BUILD)/revision $(BUILD)/sources: FORCE
	@mkdir -p $(@D)
	@echo '$(TEXT)' | cmp -s - $@ || echo '$(TEXT)' >$@
$(LIB): $(call object,$(filter-out src/main.c,$(SRC))) $(BUILD)/sources
	@rm -f $@
	$(Q)ar rcs $@ $(filter %.o,$^)
$(TESTLIB): $(call object,$(SUPPORT)) $(BUILD)/sources
	@rm -f $@
	$(Q)ar rcs $@ $(filter %.o,$^)
$(BUILD)/slipway: $(BUILD)/obj/src/main.o $(LIB)
	$(if $(V),,@echo '  LINK  $@')
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
define LINK_TEST
@mkdir -p $(@D)
$(if $(V),,@echo '  LINK  $@')
$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
endef
$(UNIT_PROGRAMS): LDLIBS += -lcmocka
$(UNIT_PROGRAMS): $(BUILD)/%: $(BUILD)/obj/%.o $(TESTLIB) $(LIB)
	$(LINK_TEST)
$(TOOL_PROGRAMS): $(BUILD)/%: $(BUILD)/obj/%.o $(LIB)
	$(LINK_TEST)
$(BUILD)/tests/fake/firebase-server: $(call object,$(FAKE_FIREBASE)) $(LIB)
	$(LINK_TEST)
$(REPLAYS): $(BUILD)/tests/fuzz/replay_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o $(LIB)
	$(LINK_TEST)
$(FUZZERS): LINK_MODE = -fsanitize=fuzzer,address,undefined
$(FUZZERS): $(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(LIB)
	$(LINK_TEST)

# Tests: TAP from unit programs, corpus replays and system tests; the last line is prove's.
PROVE = SLIPWAY='$(abspath $(PROGRAM))' SLIPWAY_BUILD='$(abspath $(BUILD))' CMOCKA_MESSAGE_OUTPUT=TAP \
	prove -j$(JOBS) --exec 'timeout -k 5 900'
test-programs: all $(UNIT_PROGRAMS) $(TOOL_PROGRAMS) $(FAKE_PROGRAMS) $(REPLAYS)
test: test-programs
	@$(PROVE) $(UNIT_PROGRAMS) $(REPLAYS) $(E2E)
unit: test-programs
	@$(PROVE) $(or $(ONLY),$(UNIT_PROGRAMS) $(REPLAYS))
test-peers: test-programs
	@$(PROVE) tests/peers.sh tests/peers-parity.sh
demo: all $(FAKE_PROGRAMS)
	@SLIPWAY='$(abspath $(PROGRAM))' SLIPWAY_BUILD='$(abspath $(BUILD))' bash tests/demo.sh
bench: all $(TOOL_PROGRAMS) $(FAKE_PROGRAMS)
	@SLIPWAY='$(abspath $(PROGRAM))' SLIPWAY_BUILD='$(abspath $(BUILD))' bash bench/run.sh
lint:
	@bash tests/tools/lint.sh
fuzz-programs: $(FUZZERS)
fuzz:
	@$(MAKE) CC=clang BUILD=build/fuzz SANITIZE=fuzzer-no-link,address,undefined fuzz-programs
	@bash tests/tools/fuzz.sh build/fuzz/tests/fuzz $(FUZZ_SECONDS)
deps:
	@sh tests/tools/deps.sh all
clean:
	rm -rf build

SHARE := $(DESTDIR)$(PREFIX)/share
SCHEMAS := $(patsubst manifests/schema/%,%,$(wildcard manifests/schema/*.json manifests/schema/*/*.json))
INSTALLED := $(DESTDIR)$(PREFIX)/bin/slipway $(SHARE)/man/man1/slipway.1 \
	$(SHARE)/bash-completion/completions/slipway $(SHARE)/zsh/site-functions/_slipway \
	$(SHARE)/fish/vendor_completions.d/slipway.fish \
	$(SCHEMAS:%=$(SHARE)/slipway/schema/%)
install: all
	install -d $(sort $(dir $(INSTALLED))) $(SHARE)/slipway/schema/result
	install -m 755 $(BUILD)/slipway $(DESTDIR)$(PREFIX)/bin/slipway
	install -m 644 src/slipway.1 $(SHARE)/man/man1/slipway.1
	$(BUILD)/slipway completion bash >$(SHARE)/bash-completion/completions/slipway
	$(BUILD)/slipway completion zsh >$(SHARE)/zsh/site-functions/_slipway
	$(BUILD)/slipway completion fish >$(SHARE)/fish/vendor_completions.d/slipway.fish
	@$(foreach s,$(SCHEMAS),install -m 644 manifests/schema/$(s) $(SHARE)/slipway/schema/$(s) &&) true
uninstall:
	rm -f $(INSTALLED)
	@[ ! -d $(SHARE)/slipway ] || rmdir --ignore-fail-on-non-empty $(SHARE)/slipway/schema/result \
		$(SHARE)/slipway/schema $(SHARE)/slipway

-include $(patsubst %.c,$(BUILD)/obj/%.d,$(SRC) $(UNIT) $(SUPPORT) $(TOOLS) $(FAKE_FIREBASE) $(FUZZ) tests/fuzz/replay.c)
