# pitwall. `make demo` and `make test` are the two commands; both install what is missing first.
# Works with GNU make 3.81. Variables: CC CFLAGS LDFLAGS PREFIX DESTDIR HOST_BACKEND.

VERSION := 0.1.0
PREFIX ?= /usr/local
B ?= build
OS := $(shell uname -s)

ifeq ($(OS),Darwin)
HOST_BACKEND ?= darwin
BREW := $(shell brew --prefix 2>/dev/null)
export PKG_CONFIG_PATH := $(BREW)/opt/ncurses/lib/pkgconfig:$(BREW)/opt/curl/lib/pkgconfig:$(PKG_CONFIG_PATH)
else ifeq ($(OS),Linux)
HOST_BACKEND ?= linux
else
HOST_BACKEND ?= none
endif

PACKAGES := ncursesw libcurl libcjson libevent
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	-Wpointer-arith -Wwrite-strings -Wundef -fno-common
CFLAGS ?= -O2 -g
# the last one: without it macOS's headers of curses have no wide characters
FEATURES := -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE -D_XOPEN_SOURCE_EXTENDED
DEFINES := -DPITWALL_VERSION='"$(VERSION)"'
# asked only when something is compiled: the packages may not be there yet
PKG_CFLAGS = $(shell pkg-config --cflags $(PACKAGES))
PKG_LIBS = $(shell pkg-config --libs $(PACKAGES))
CORE_FLAGS = $(FEATURES) $(WARNINGS) $(DEFINES) -Icore $(PKG_CFLAGS) $(CPPFLAGS) $(CFLAGS)
LIBS = $(PKG_LIBS) -lpthread -ldl -lm

HOST_SRC := $(filter-out core/host/linux%.c core/host/darwin%.c core/host/none.c,$(wildcard core/host/*.c)) \
	$(wildcard core/host/$(HOST_BACKEND)*.c)
CORE_SRC := $(filter-out core/host/%,$(wildcard core/*/*.c)) $(HOST_SRC)
TUI_SRC := $(wildcard tui/*.c)
EMBED := suites profiles themes
CORE_OBJ := $(CORE_SRC:%.c=$(B)/%.o) $(EMBED:%=$(B)/embed_%.o)
TUI_OBJ := $(TUI_SRC:%.c=$(B)/%.o)
UNIT := $(patsubst %.c,$(B)/%,$(wildcard tests/unit_*.c))
ifneq ($(HOST_BACKEND),linux)
UNIT := $(filter-out %/unit_linux,$(UNIT))
endif
FUZZ := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz_*.c))
BENCH := $(patsubst %.c,$(B)/%,$(wildcard tests/bench_*.c))
HEADERS := $(wildcard core/*/*.h tui/*.h)

# the default build's program lies at the top, a variant's beside its objects
ifeq ($(B),build)
PITWALL := pitwall
else
PITWALL := $(B)/pitwall
endif

all: $(PITWALL)

$(PITWALL): $(TUI_OBJ) $(CORE_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/core/%.o: core/%.c
	@mkdir -p $(@D)
	$(CC) $(CORE_FLAGS) -MMD -MP -c -o $@ $<

$(B)/tui/%.o: tui/%.c
	@mkdir -p $(@D)
	$(CC) $(CORE_FLAGS) -Itui -MMD -MP -c -o $@ $<

$(B)/embed_suites.c: $(wildcard core/suites/data/*.json)
$(B)/embed_profiles.c: $(wildcard core/sim/profiles/*.json)
$(B)/embed_themes.c: $(wildcard themes/*.json)
$(B)/embed_%.c: tests/embed.sh
	@mkdir -p $(@D)
	sh tests/embed.sh embed_$* $(filter %.json,$^) >$@.part && mv $@.part $@
$(B)/embed_%.o: $(B)/embed_%.c
	$(CC) $(CORE_FLAGS) -c -o $@ $<

# ---- tests ----

$(B)/pitwall.a: $(CORE_OBJ) $(filter-out $(B)/tui/main.o,$(TUI_OBJ))
	rm -f $@ && $(AR) rcs $@ $^

$(B)/tests/%: tests/%.c $(B)/pitwall.a
	@mkdir -p $(@D)
	$(CC) $(CORE_FLAGS) -Itui -Itests $(TEST_DEFINES) $(LDFLAGS) -MMD -MP -o $@ $< $(TEST_OBJ) $(B)/pitwall.a $(LIBS) $(TEST_LIBS)
$(UNIT): TEST_LIBS = -lcmocka

# the macOS backend runs on any system against a fake of the system's libraries
DARWIN_TESTS := $(filter $(B)/tests/unit_darwin%,$(UNIT))
DARWIN_OBJ := $(patsubst %.c,$(B)/%.o,$(filter-out $(HOST_SRC),$(wildcard core/host/darwin*.c)) $(wildcard tests/fake_darwin*.c))
$(B)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(CORE_FLAGS) -Itests -MMD -MP -c -o $@ $<
$(DARWIN_TESTS): $(DARWIN_OBJ)
$(DARWIN_TESTS): TEST_OBJ = $(DARWIN_OBJ)
$(FUZZ): TEST_DEFINES = -DFUZZ_MAIN

check: $(PITWALL) $(UNIT) $(FUZZ)
	@PITWALL=./$(PITWALL) CC="$(CC)" sh tests/run.sh $(UNIT) $(FUZZ) \
		tests/layers.sh tests/headers.sh tests/golden.sh tests/replay.sh tests/resume.sh tests/beside.sh \
		tests/usage.sh tests/tty.sh tests/jump.sh

test: setup-test
	@$(MAKE) check

golden: $(PITWALL)
	PITWALL=./$(PITWALL) sh tests/golden.sh --write
	LC_ALL=C.UTF-8 ./$(PITWALL) replay sample-runs/demo.jsonl --size 120x40 --dump svg >sample-runs/board.svg
	LC_ALL=C.UTF-8 ./$(PITWALL) replay sample-runs/before.jsonl sample-runs/after.jsonl --size 120x40 --dump svg >sample-runs/sidebyside.svg

headers:
	CC="$(CC)" sh tests/headers.sh

asan: setup-test
	@$(MAKE) check B=build/asan CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined"

tsan: setup-test
	@$(MAKE) check B=build/tsan CFLAGS="-O1 -g -fsanitize=thread"

# everything for macOS on any system, compiled and linked and never run; fetches a compiler (npm)
check-macos:
	@FLAGS="$(FEATURES) $(WARNINGS)" sh tests/macos.sh $(B)/macos

# the same engine against itself, often enough to see the rate
aa: setup-test
	@$(MAKE) $(B)/tests/unit_aa
	$(B)/tests/unit_aa 40

bench: $(PITWALL) $(BENCH)
	@PITWALL=./$(PITWALL) sh tests/bench.sh $(BENCH)

# coverage-guided, where clang has libFuzzer: make fuzz TARGET=sse SECONDS=60
TARGET ?= sse
SECONDS ?= 60
fuzz:
	$(MAKE) B=build/fuzz CC=clang CFLAGS="-O1 -g -fsanitize=fuzzer-no-link,address,undefined" build/fuzz/pitwall.a
	clang $(CORE_FLAGS) -Itui -Itests -fsanitize=fuzzer,address,undefined -o build/fuzz/$(TARGET) \
		tests/fuzz_$(TARGET).c build/fuzz/pitwall.a $(LIBS)
	@mkdir -p build/fuzz/corpus/$(TARGET)
	build/fuzz/$(TARGET) -max_total_time=$(SECONDS) build/fuzz/corpus/$(TARGET) $(wildcard tests/corpus/$(TARGET))

lint:
	clang-format --dry-run -Werror $(CORE_SRC) $(TUI_SRC) $(HEADERS) $(wildcard tests/*.c tests/*.h)
	cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem -Icore -Itui $(CORE_SRC) $(TUI_SRC)
	sh tests/layers.sh

# ---- set-up, demo, install ----

setup:
	@sh .ci/setup
setup-test:
	@sh .ci/setup test

demo: setup
	@$(MAKE) $(PITWALL)
	@./$(PITWALL) demo

install: $(PITWALL)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/pitwall/themes $(DESTDIR)$(PREFIX)/share/pitwall/sample-runs
	install -m 755 $(PITWALL) $(DESTDIR)$(PREFIX)/bin/pitwall
	install -m 644 $(wildcard themes/*.json) $(DESTDIR)$(PREFIX)/share/pitwall/themes
	install -m 644 $(wildcard sample-runs/*.jsonl) $(DESTDIR)$(PREFIX)/share/pitwall/sample-runs

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/pitwall
	rm -rf $(DESTDIR)$(PREFIX)/share/pitwall

clean:
	rm -rf build pitwall

-include $(shell test -d $(B) && find $(B) -name '*.d')

.PHONY: all check test golden headers asan tsan check-macos aa bench fuzz lint setup setup-test demo install uninstall clean
.SECONDARY:
