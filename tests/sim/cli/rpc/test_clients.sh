#!/usr/bin/env bash
# viem and ethers read a simulated chain from `orrery index serve`: blocks, receipts, decoded events, calls in batches,
# proofs, fees, filters, from a server with states and from one of an index alone; and events over a reorganisation of
# the file that the server follows.
# Needs node and `npm ci` in tests/sim/cli/rpc/clients; without them it is not run.
set -euo pipefail
here=$ORRERY_SOURCE/tests/sim/cli/rpc/clients
[[ -r $here/node_modules/viem/package.json ]] ||
  { echo "not run: no $here/node_modules (npm ci in that folder installs it)"; exit 77; }
node --version > /dev/null 2>&1 || { echo "not run: no node"; exit 77; }

work=$(mktemp -d)
servers=()
end() {
  [[ ${#servers[@]} == 0 ]] || kill "${servers[@]}" 2> /dev/null || true
  wait
  rm -rf "$work"
}
trap end EXIT
cat > "$work/a.yaml" <<'YAML'
orrery: 1
name: clients
seed: 12
duration: 60 s
signatures: modelled
nodes:
  val: {count: 4, role: slot-chain, config: {accounts: 8, slot: 2 s, epoch: 4}}
workload:
  - {rate: 3 /s, clients: 8, mix: {transfer: 30 %, token: 70 %}, stop: 50 s}
record: [blocks]
YAML
"$ORRERY_BIN" run "$work/a.yaml" --out "$work/a.h5" --no-plot > "$work/run.txt" || { cat "$work/run.txt"; exit 1; }
"$ORRERY_BIN" chain export "$work/a.h5" -o "$work/chain"
"$ORRERY_BIN" index build --db "$work/a.db" --chain "$work/chain" > /dev/null

serve() { # NAME ARGUMENT...
  "$ORRERY_BIN" index serve "${@:2}" --listen 127.0.0.1:0 > "$work/$1" &
  servers+=($!)
  while ! grep -q port "$work/$1"; do # ends: it says so, or it has ended
    kill -0 $! 2> /dev/null || { echo "the server ended"; exit 1; }
    sleep 0.05
  done
  url=http://127.0.0.1:$(sed 's/.*port //' "$work/$1")
}
serve states --state "$work/chain/genesis.json" "$work/chain/chain.rlp"; states=$url
serve index --db "$work/a.db"; index=$url
said=$(timeout 120 node "$here/check.mjs" "$states" "$index" 2>&1) || { echo "$said"; exit 1; }
echo "$said"
[[ $said == *" transfers of "* ]]

# The same chain until half of its time, from where on fewer transactions come: another branch, and a shorter one.
sed -e 's/stop: 50 s}/stop: 30 s}/' -e 's/duration: 60 s/duration: 44 s/' "$work/a.yaml" > "$work/b.yaml"
sed -i '/stop: 30 s}/a\  - {rate: 2 /s, clients: 8, mix: {token: 100 %}, start: 30 s, stop: 40 s}' "$work/b.yaml"
"$ORRERY_BIN" run "$work/b.yaml" --out "$work/b.h5" --no-plot > "$work/run.txt" || { cat "$work/run.txt"; exit 1; }
"$ORRERY_BIN" chain export "$work/b.h5" -o "$work/shorter"
"$ORRERY_BIN" index build --db "$work/b.db" --chain "$work/shorter" > /dev/null
serve live --db "$work/b.db"
said=$(timeout 120 node "$here/watch.mjs" "$url" "$ORRERY_BIN" index build --db "$work/b.db" --chain "$work/chain" 2>&1) ||
  { echo "$said"; exit 1; }
echo "$said"
[[ $said == *" events removed, "* ]]
