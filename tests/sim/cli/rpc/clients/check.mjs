// Reads a chain from two servers (one with states, one of an index alone) with viem and with ethers: what both decode must
// be the same, and what balances and proofs say must follow from the events and the state root.  Prints what was read.
import assert from 'node:assert/strict'
import { verifyMerkleProof } from '@ethereumjs/mpt'
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex, hexToBytes } from '@ethereumjs/util'
import { Contract, JsonRpcProvider, formatUnits } from 'ethers'
import { createPublicClient, http, keccak256, parseAbi } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const noise = []
for (const name of ['error', 'warn']) console[name] = (...said) => noise.push(said.join(' '))

const [withStates, indexAlone] = process.argv.slice(2)
const abi = parseAbi(['event Transfer(address indexed from, address indexed to, uint256 value)',
  'function balanceOf(address) view returns (uint256)', 'function totalSupply() view returns (uint256)'])
const plain = (value) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}` : v))

const viem = createPublicClient({ transport: http(withStates, { batch: true }) })
const small = createPublicClient({ transport: http(indexAlone) })
const ethers = new JsonRpcProvider(withStates)

// ---- blocks, transactions, receipts ----
const head = await viem.getBlockNumber()
assert.equal(BigInt(await ethers.getBlockNumber()), head)
assert.equal(await viem.getChainId(), Number((await ethers.getNetwork()).chainId))
let nTxs = 0, sample
for (let number = 0n; number <= head; number++) {
  const block = await viem.getBlock({ blockNumber: number, includeTransactions: true })
  const other = await ethers.getBlock(Number(number))
  const indexed = await small.getBlock({ blockNumber: number, includeTransactions: true })
  assert.equal(plain(block), plain(indexed))
  assert.equal(block.hash, other.hash)
  assert.equal(block.parentHash, other.parentHash)
  assert.equal(block.transactions.length, other.transactions.length)
  for (const tx of block.transactions) {
    const receipt = await viem.getTransactionReceipt({ hash: tx.hash })
    assert.equal(plain(receipt), plain(await small.getTransactionReceipt({ hash: tx.hash })))
    assert.equal(receipt.blockHash, block.hash)
    if (receipt.logs.length) sample = receipt
    nTxs++
  }
}
assert.ok(nTxs > 20 && sample)
const waited = await viem.waitForTransactionReceipt({ hash: sample.transactionHash })
assert.equal(plain(waited), plain(sample))
const seen = await ethers.getTransactionReceipt(sample.transactionHash)
assert.equal(seen.gasUsed, sample.gasUsed)
assert.equal((await ethers.getTransaction(sample.transactionHash)).hash, sample.transactionHash)

// ---- events, and the balances that follow from them ----
const token = sample.logs[0].address
const events = await viem.getContractEvents({ address: token, abi, eventName: 'Transfer', fromBlock: 0n, toBlock: head })
const fromIndex = await small.getContractEvents({ address: token, abi, eventName: 'Transfer', fromBlock: 0n, toBlock: head })
const contract = new Contract(token, ['event Transfer(address indexed from, address indexed to, uint256 value)',
  'function balanceOf(address) view returns (uint256)'], ethers)
const others = await contract.queryFilter('Transfer', 0, Number(head))
assert.equal(plain(events), plain(fromIndex))
assert.equal(events.length, others.length)
const change = new Map()
events.forEach(({ args, blockHash, logIndex }, i) => {
  assert.equal(others[i].args.from, args.from)
  assert.equal(others[i].args.to, args.to)
  assert.equal(others[i].args.value, args.value)
  assert.equal(others[i].blockHash, blockHash)
  assert.equal(others[i].index, logIndex)
  change.set(args.from, (change.get(args.from) ?? 0n) - args.value)
  change.set(args.to, (change.get(args.to) ?? 0n) + args.value)
})
const read = (holder, blockNumber) =>
  viem.readContract({ address: token, abi, functionName: 'balanceOf', args: [holder], blockNumber })
for (const [holder, moved] of change) {
  const [now, first] = await Promise.all([read(holder, head), read(holder, 0n)]) // one batch
  assert.equal(now - first, moved, holder)
  assert.equal(await contract.balanceOf(holder), now)
}
assert.ok(formatUnits(await viem.readContract({ address: token, abi, functionName: 'totalSupply' })))
const one = [...change.keys()][0]
const some = await small.getContractEvents({ address: token, abi, eventName: 'Transfer', args: { from: one }, fromBlock: 0n })
assert.equal(some.length, events.filter(({ args }) => args.from === one).length)

// ---- proofs ----
const block = await viem.getBlock({ blockNumber: head })
const proof = await viem.getProof({ address: token, storageKeys: [`0x${'0'.repeat(64)}`], blockNumber: head })
const path = (key) => hexToBytes(keccak256(key))
const account = await verifyMerkleProof(path(token), proof.accountProof.map((node) => hexToBytes(node)),
  { root: hexToBytes(block.stateRoot) })
const [, , storageRoot, codeHash] = RLP.decode(account)
assert.equal(bytesToHex(storageRoot), proof.storageHash)
assert.equal(bytesToHex(codeHash), proof.codeHash)
assert.equal(keccak256(await viem.getCode({ address: token })), proof.codeHash)

// ---- fees, filters, sending ----
const fees = await viem.getFeeHistory({ blockCount: 4, rewardPercentiles: [25, 75] })
assert.equal(fees.baseFeePerGas.length, 5)
assert.equal(fees.reward.length, 4)
assert.ok((await ethers.getFeeData()).maxFeePerGas > 0n)
const filter = await viem.createBlockFilter()
assert.deepEqual(await viem.getFilterChanges({ filter }), [])
assert.equal(await viem.uninstallFilter({ filter }), true)
const poor = privateKeyToAccount(generatePrivateKey())
const raw = await poor.signTransaction({ to: token, nonce: 0, gas: 21000n, maxFeePerGas: 10n ** 10n,
  chainId: await viem.getChainId(), type: 'eip1559' })
await assert.rejects(viem.sendRawTransaction({ serializedTransaction: raw }), /insufficient funds/i)
await assert.rejects(small.getBalance({ address: token }), /no states/)
await assert.rejects(viem.getBlock({ blockNumber: head + 1n }), /could not be found/)

assert.deepEqual(noise, [])
console.log(`${head + 1n} blocks, ${nTxs} transactions, ${events.length} transfers of ${change.size} holders`)
ethers.destroy()
