// Runs a chain that `orrery chain export` wrote (genesis.json, chain.rlp) with ethereumjs: its blocks must
// have the state roots, receipt roots, gas and hashes that they claim.  Prints the number of blocks and the
// last one's hash, or which block differs in what, and ends with 1.
import { readFileSync } from 'node:fs'
import { createBlock, createBlockFromBytesArray } from '@ethereumjs/block'
import { createCommonFromGethGenesis } from '@ethereumjs/common'
import { RLP } from '@ethereumjs/rlp'
import { Account, bytesToHex, createAddressFromString, hexToBytes, setLengthLeft } from '@ethereumjs/util'
import { createVM, runBlock } from '@ethereumjs/vm'

const [folder] = process.argv.slice(2)
const genesis = JSON.parse(readFileSync(`${folder}/genesis.json`))
const common = createCommonFromGethGenesis(genesis, { chain: 'orrery' })
const vm = await createVM({ common })

for (const [name, account] of Object.entries(genesis.alloc)) {
  const address = createAddressFromString(name)
  const nonce = BigInt(account.nonce ?? 0)
  await vm.stateManager.putAccount(address, new Account(nonce, BigInt(account.balance)))
  if (account.code) await vm.stateManager.putCode(address, hexToBytes(account.code))
  for (const [key, value] of Object.entries(account.storage ?? {}))
    await vm.stateManager.putStorage(address, setLengthLeft(hexToBytes(key), 32), trim(hexToBytes(value)))
}

function trim(bytes) {
  let i = 0
  while (i < bytes.length && !bytes[i]) i++
  return bytes.slice(i)
}

function fail(number, what, claimed, found) {
  console.log(`block ${number}: ${what} ${claimed}, ethereumjs found ${found}`)
  process.exit(1)
}

let parentRoot = await vm.stateManager.getStateRoot()
const first = createBlock({ header: { ...common.genesis(), number: 0, stateRoot: parentRoot } },
                          { common, setHardfork: true })
let rest = readFileSync(`${folder}/chain.rlp`), n = 0, hash = bytesToHex(first.hash())
while (rest.length) {
  const { data, remainder } = RLP.decode(rest, true)
  const block = createBlockFromBytesArray(data, { common, setHardfork: true })
  const number = block.header.number
  if (bytesToHex(block.header.parentHash) !== hash)
    fail(number, 'parent', bytesToHex(block.header.parentHash), hash)
  const result = await runBlock(vm, { block, root: parentRoot, skipHeaderValidation: true,
                                      skipBlockValidation: false, generate: false, skipHardForkValidation: true })
  const pairs = [
    ['state root', block.header.stateRoot, await vm.stateManager.getStateRoot()],
    ['receipts root', block.header.receiptTrie, result.receiptsRoot],
    ['bloom', block.header.logsBloom, result.logsBloom],
  ]
  for (const [what, claimed, found] of pairs)
    if (bytesToHex(claimed) !== bytesToHex(found)) fail(number, what, bytesToHex(claimed), bytesToHex(found))
  if (block.header.gasUsed !== result.gasUsed) fail(number, 'gas used', block.header.gasUsed, result.gasUsed)
  parentRoot = block.header.stateRoot
  hash = bytesToHex(block.hash())
  rest = remainder
  n++
}
console.log(`${n} blocks, head ${hash}`)
