// Watches a token's events, by polling, at a server of an index whose chain reorganises meanwhile: what was told and is
// abandoned is told again as removed, from the top down; then the new branch, from its first block on.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { Contract, JsonRpcProvider } from 'ethers'
import { createPublicClient, http, parseAbi } from 'viem'

const noise = []
for (const name of ['error', 'warn']) console[name] = (...said) => noise.push(said.join(' '))

const [url, ...build] = process.argv.slice(2) // and the command that commits the other branch
const abi = parseAbi(['event Transfer(address indexed from, address indexed to, uint256 value)'])
const viem = createPublicClient({ transport: http(url), pollingInterval: 100, cacheTime: 0 })
const name = ({ blockHash, logIndex }) => `${blockHash} ${logIndex}`
const until = async (what, is) => {
  for (const end = Date.now() + 30_000; !is(); await new Promise((r) => setTimeout(r, 50)))
    assert.ok(Date.now() < end, `${what} did not come`)
}

const before = await viem.getLogs({ event: abi[0], fromBlock: 0n })
const oldHead = await viem.getBlock()
const filter = await viem.createBlockFilter()
const told = [], polled = [], errors = []
viem.watchBlockNumber({ onBlockNumber: (n) => polled.push(n), emitOnBegin: true, onError: (e) => errors.push(e) })
// A filter tells what comes after it was made: a watcher from the first block on is given all as soon as the head moves.
const unwatch = viem.watchEvent({ event: abi[0], onLogs: (logs) => told.push(...logs), onError: (e) => errors.push(e), poll: true })
await until('the first poll', () => polled.length > 0)
await new Promise((r) => setTimeout(r, 500)) // several polls: the filter is there

execFileSync(build[0], build.slice(1), { stdio: 'pipe' })
const after = await viem.getLogs({ event: abi[0], fromBlock: 0n })
const abandoned = before.filter((log) => !after.some((other) => name(other) === name(log)))
const fresh = after.filter((log) => !before.some((other) => name(other) === name(log)))
assert.ok(abandoned.length > 3 && fresh.length > abandoned.length)
await until('the new branch', () => told.length >= abandoned.length + fresh.length)

assert.deepEqual(told.map(name), [...undone(abandoned), ...fresh].map(name))
assert.deepEqual(told.map(({ removed }) => removed), [...abandoned.map(() => true), ...fresh.map(() => false)])
const hashes = await viem.getFilterChanges({ filter })
const head = await viem.getBlock()
assert.equal(hashes.at(-1), head.hash)
assert.equal((await viem.getBlock({ blockHash: hashes[0] })).parentHash, (await viem.getBlock({ blockNumber: fresh[0].blockNumber - 1n })).hash)
assert.ok(head.number > oldHead.number && polled.at(-1) === head.number)
assert.notEqual((await viem.getBlock({ blockNumber: oldHead.number })).hash, oldHead.hash)

// A transaction that the new branch alone has.
const receipt = await viem.waitForTransactionReceipt({ hash: fresh.at(-1).transactionHash })
assert.equal(receipt.blockHash, fresh.at(-1).blockHash)
const ethers = new JsonRpcProvider(url)
const contract = new Contract(fresh[0].address, ['event Transfer(address indexed from, address indexed to, uint256 value)'], ethers)
const others = await contract.queryFilter('Transfer', 0)
assert.deepEqual(others.map(({ blockHash, index }) => `${blockHash} ${index}`),
  after.filter(({ address }) => address === fresh[0].address).map(name))

unwatch()
assert.deepEqual(errors, [])
assert.deepEqual(noise, [])
console.log(`${abandoned.length} events removed, ${fresh.length} new ones`)
process.exit(0)

// Blocks from the top down; a block's own logs in their order.
function undone(logs) {
  const numbers = [...new Set(logs.map(({ blockNumber }) => blockNumber))].reverse()
  return numbers.flatMap((number) => logs.filter(({ blockNumber }) => blockNumber === number))
}
