#!/usr/bin/env bash
# The installed tree serves a stranger: a C program that knows only pkg-config compiles against the
# models library and runs; the program, its manual pages, completion and scenarios are in place.
set -euo pipefail

prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$ORRERY_BUILD" --prefix "$prefix/usr" >"$prefix/log" || { cat "$prefix/log"; exit 1; }

for path in bin/orrery share/man/man1/orrery.1 share/bash-completion/completions/orrery \
    share/doc/orrery/copyright; do
    [[ -e $prefix/usr/$path ]] || { echo "not installed: $path"; exit 1; }
done
[[ ! -d $ORRERY_SOURCE/scenarios ]] || diff -r "$ORRERY_SOURCE/scenarios" "$prefix/usr/share/orrery/scenarios"
"$prefix/usr/bin/orrery" --help | grep -q '^usage: orrery'
# What lazy.def lists is opened when it is used; a function that is missing there would be linked to the library.
if [[ $(uname -m) == x86_64 ]]; then
    for library in crypto sqlite3 brotlidec brotlienc deflate hdf5_serial microhttpd curl; do
        ! readelf -d "$prefix/usr/bin/orrery" | grep -q "NEEDED.*lib$library\.so" ||
            { echo "the program needs lib$library from the start: is a function missing in sim/base/lazy.def?"; exit 1; }
    done
fi
bash -n "$prefix/usr/share/bash-completion/completions/orrery"
for verb in $([[ ! -d $ORRERY_SOURCE/scenarios ]] || diff -r "$ORRERY_SOURCE/scenarios" "$prefix/usr/share/orrery/scenarios"
"$prefix/usr/bin/orrery" --help | sed -nE 's/^  ([a-z]+)  .*/\1/p'); do
    [[ -s $prefix/usr/share/man/man1/orrery-$verb.1 ]] || { echo "no manual page: $verb"; exit 1; }
done
[[ ! -e $prefix/usr/share/man/man1/orrery-orrery.1 ]] || { echo "a page for no verb"; exit 1; }
if command -v man >/dev/null; then
    for page in "$prefix"/usr/share/man/man1/*.1; do
        said=$(MANROFFSEQ='' man --warnings=w -l "$page" 2>&1 >/dev/null)
        [[ -z $said ]] || { echo "$page: $said"; exit 1; }
    done
fi

mkdir "$prefix/stranger"
cat >"$prefix/stranger/hello.c" <<'END'
#include <stdio.h>
#include <string.h>

#include "models/base/keccak.h"
#include "models/protocol.h"
#include "models/registry.h"

int main(void) {
    /* Keccak-256 of nothing, as the Ethereum yellow paper gives it for an account without code */
    static const unsigned char empty[4] = {0xc5, 0xd2, 0x46, 0x01};
    struct orr_hash hash = orr_keccak256("", 0);
    if (memcmp(&hash, empty, sizeof empty)) return 1;
    unsigned n = 0;
    for (const struct orr_protocol *p; (p = orr_registry_at(n)); n++)
        if (orr_registry_find(p->name) != p) return 2;
    printf("%u protocols; %s\n", n, orr_error_text(ORR_EFORMAT));
    return 0;
}
END
PKG_CONFIG_PATH=$(dirname "$(find "$prefix/usr" -name orrery-models.pc)")
export PKG_CONFIG_PATH
cd "$prefix/stranger"
# shellcheck disable=SC2046  # flags are words
cc -Wall -Wextra -Werror hello.c -o hello $(pkg-config --define-prefix --cflags --libs orrery-models)
./hello

# A protocol from a file finds the headers that are installed, and runs.
cp "$ORRERY_SOURCE/models/lab/pingpong.c" mine.c
cat >s.yaml <<'END'
orrery: 1
name: stranger
seed: 1
duration: 3 s
nodes: {node: {count: 3, role: ./mine.c}}
network: {latency: 5 ms}
expect: nothing
record: []
END
XDG_CACHE_HOME=$prefix "$prefix/usr/bin/orrery" run s.yaml --quiet
