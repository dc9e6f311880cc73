#!/bin/bash
# orrery gossip decode: what it prints, and what it refuses and where.
set -u
bin=${ORRERY_BIN:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

cat > "$dir/good.json" <<'JSON'
[{"name": "subscribe", "hex": "0a050801120174"},
 {"name": "cut", "hex": "0a05"},
 {"name": "unsigned", "hex": "1203120101", "policy": "StrictNoSign"},
 {"hex": ""}]
JSON
"$bin" gossip decode "$dir/good.json" > "$dir/out" || fail "good.json: code $?"
cat > "$dir/want" <<'JSON'
[
{"name":"subscribe","decode":"accept","rpc":{"subscriptions":[{"subscribe":true,"topic":"t"}],"publish":[]},"canonical":true,"messages":[],"reasons":[],"ids":[],"px":[]},
{"name":"cut","decode":"reject","error":"malformed input"},
{"name":"unsigned","decode":"accept","rpc":{"subscriptions":[],"publish":[{"data":"01","topic":""}]},"canonical":true,"messages":["accept"],"reasons":["accepted"],"ids":[{"id_sha256_20":"4bf5122f344554c53bde2ebb8cd2b7e3d1600ad6"}],"px":[]},
{"decode":"accept","rpc":{"subscriptions":[],"publish":[]},"canonical":true,"messages":[],"reasons":[],"ids":[],"px":[]}
]
JSON
diff "$dir/want" "$dir/out" || fail "good.json: another answer"
echo "{\"cases\": $(cat "$dir/good.json")}" | "$bin" gossip decode - | diff "$dir/want" - || fail "standard input"

# the policy of the option is for cases without one
echo '[{"hex": "1203120101"}]' > "$dir/plain.json"
"$bin" gossip decode "$dir/plain.json" | grep -q '"messages":\["reject"\]' || fail "StrictSign is the default"
"$bin" gossip decode --policy=StrictNoSign "$dir/plain.json" | grep -q '"messages":\["accept"\]' || fail "--policy"

refuse() { # CONTENT TEXT
    printf '%s' "$1" > "$dir/bad.json"
    "$bin" gossip decode "$dir/bad.json" > "$dir/out" 2> "$dir/err"
    local code=$?
    [ $code = 2 ] || fail "$1: code $code"
    [ -s "$dir/out" ] && fail "$1: prints an answer"
    grep -qF "$2" "$dir/err" || fail "$1: says $(cat "$dir/err")"
}
refuse '[{"hex": "0a0"}]' 'case 0: `hex`: 3 hexadecimal digits, an odd number'
refuse '[{"hex": ""}, {"name": "x", "hex": "zz"}]' "case 1 (x): \`hex\`: 'z' (character 1) is no hexadecimal digit"
refuse '[{"name": "x"}]' 'case 0 (x): `hex` is missing or no text'
refuse '[{"hex": "00\u000000"}]' 'case 0: `hex`'
refuse '[{"hex": "", "policy": "Lax"}]' '`policy` is StrictSign or StrictNoSign'
refuse '[7]' 'case 0: an object is expected'
refuse '{}' 'takes an array of cases'
refuse '[' 'bad.json:1:1:'
"$bin" gossip decode "$dir/none.json" 2> "$dir/err"; [ $? = 2 ] && grep -q none.json "$dir/err" || fail "no such file"
"$bin" gossip decode --policy Lax "$dir/good.json" 2> /dev/null; [ $? = 2 ] || fail "--policy Lax"
"$bin" gossip decode 2> /dev/null; [ $? = 2 ] || fail "no file"
"$bin" gossip nonsense 2> /dev/null; [ $? = 2 ] || fail "no such verb"
"$bin" gossip decode --help | grep -q canonical || fail "--help"
"$bin" gossip decode "$dir/good.json" > /dev/full 2> /dev/null; [ $? = 3 ] || fail "a full disk"
echo "ok"
