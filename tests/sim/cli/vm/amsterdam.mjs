// Random blocks of the draft fork Amsterdam, as ethereumjs runs them: for each, a folder with alloc.json, env.json
// and txs.json as `orrery vm t8n` reads them, and expect.json with what ethereumjs made of them.
//
//     node amsterdam.mjs FOLDER COUNT SEED SYSTEM_CODE
//
// SYSTEM_CODE is models/chain/system_code.inc: ethereumjs writes what the contracts of EIP-2935 and EIP-4788 would.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createBlock } from '@ethereumjs/block'
import { createCustomCommon, Mainnet } from '@ethereumjs/common'
import { createTx } from '@ethereumjs/tx'
import { Account, bigIntToBytes, bytesToHex, createAddressFromString, eoaCode7702SignAuthorization, hexToBytes,
         privateToAddress, setLengthLeft } from '@ethereumjs/util'
import { createVM, runBlock } from '@ethereumjs/vm'

const [folder, count, seed] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]

let state
function random() { // mulberry32
  state = (state + 0x6d2b79f5) >>> 0
  let t = Math.imul(state ^ (state >>> 15), state | 1)
  t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
  return (t ^ (t >>> 14)) >>> 0
}
const below = n => random() % n
const pick = list => list[below(list.length)]

const hex = (n, bytes) => n.toString(16).padStart(2 * bytes, '0')
const push = (n, bytes) => hex(0x5f + bytes, 1) + hex(BigInt(n), bytes)
const keys = [1, 2, 3, 4].map(i => setLengthLeft(bigIntToBytes(BigInt(0x1111 * i)), 32))
const eoas = keys.map(key => bytesToHex(privateToAddress(key)))
const contracts = [0, 1, 2, 3, 4, 5].map(i => '0x' + hex(0xc0de00n + BigInt(i), 20))
const empties = ['0x00000000000000000000000000000000deadbeef', '0x' + hex(0xabcdef0123456789n, 20)]
const miner = '0x00000000000000000000000000000000000c01ba'
const system = {
  history: '0x0000f90827f1c53a10cb7a02335b175320002935', roots: '0x000f3df6d732807ef1319fb7b8bb8522d0beac02',
  withdrawals: '0x00000961ef480eb55e80d19ad83579a64c007002',
  consolidations: '0x0000bbddc7ce488642fb579f8b00f3a590007251',
  builderDeposits: '0x0000bff46984e3725691fa540a8c7589300d8282',
  builderExits: '0x000064d678505ad48f8ccb093bc65613800e8282',
}
const systemCode = name => '0x' + [...readFileSync(process.argv[5], 'utf8').split(`${name}_code[`)[1].split('};')[0]
  .matchAll(/0x([0-9a-f]{2})/g)].map(m => m[1]).join('')
const addresses = [...contracts, ...contracts, ...eoas, ...empties, miner, hex(1, 20), hex(2, 20), hex(4, 20),
                   '0xfffffffffffffffffffffffffffffffffffffffe'].map(a => a.startsWith('0x') ? a : '0x' + a)
const word = () => push(pick([0, 0, 1, 2, 7]), 1)
const place = () => push(pick([0, 1, 2]), 1)
const someone = () => pick([...addresses.map(a => push(a, 20)), '30', '30']) // or oneself
const wei = () => pick(['5f', '5f', push(1, 1), push(5, 1), push(10n ** 20n, 9)])
const gas = () => pick(['5a', '5a', '5a', push(0, 1), push(2300, 2), push(30000, 3), push(250000, 3)])

function initcode() {
  return pick(['', '00', '600a5ff3', '6001600155600a5ff3', '5f5ffd', 'fe', '5f545f5560205ff3', '30ff',
               push(pick(addresses), 20) + 'ff', '60ef5f5260016' + '01ff3', '61400160' + '00f3',
               '6001600155' + '5f600155' + '60205ff3', '36600155600160025560015ff3'])
}

function create(kind) {
  const code = initcode(), n = code.length / 2
  const start = n ? push(BigInt('0x' + code.padEnd(64, '0')), 32) + '5f52' : ''
  const salt = kind === 'f5' ? word() : ''
  return start + salt + push(n, 1) + '5f5f' + kind + pick(['50', '50', place() + '55'])
}

function call(kind) {
  const value = kind === 'f1' || kind === 'f2' ? wei() : ''
  return '5f5f' + pick(['5f', push(4, 1)]) + '5f' + value + someone() + gas() + kind +
         pick(['50', '50', place() + '55', '503d5f5f3e'])
}

function deep() { // EIP-8024
  let code = ''
  for (let i = 0; i < 19 + below(16); i++) code += push(below(256), 1)
  for (let i = 0; i < 6; i++) code += pick(['e6', 'e7', 'e8']) + hex(pick([below(256), 128 + below(20), below(82)]), 1)
  return code + place() + '55'
}

function snippet() {
  const kind = below(22)
  if (kind < 6) return word() + place() + '55' // SSTORE
  if (kind < 7) return '5a' + place() + '55' // of GAS
  if (kind < 9) return place() + '54' + pick(['50', place() + '55'])
  if (kind < 13) return call(pick(['f1', 'f1', 'f1', 'f2', 'f4', 'fa']))
  if (kind < 16) return create(pick(['f0', 'f5']))
  if (kind === 16) return someone() + pick(['31', '3b', '3f']) + pick(['50', place() + '55'])
  if (kind === 17) return pick(['5f', push(33, 1)]) + '5f5f' + someone() + '3c'
  if (kind === 18) return pick(['4b', '47', '43']) + place() + '55' // SLOTNUM, SELFBALANCE, NUMBER
  if (kind === 19) return '60205f' + pick(['a0', '5fa1'])
  if (kind === 20) return below(2) ? deep() : word() + place() + '5d'
  return pick([someone() + 'ff', '5f5ffd', 'fe', '00', '60205ff3'])
}

function program() {
  let code = ''
  for (let i = 1 + below(9); i > 0; i--) code += snippet()
  return '0x' + code
}

const trim = bytes => bytes.slice(bytes.findIndex(b => b))

function world() {
  const alloc = {}
  for (const a of eoas) alloc[a] = { balance: '0x' + (10n ** 21n).toString(16), nonce: below(2) }
  for (const a of contracts) {
    alloc[a] = { balance: '0x' + pick([0, 0, 3, 1000]).toString(16), nonce: 1, code: program() }
    if (below(2)) alloc[a].storage = { ['0x' + hex(below(3), 32)]: '0x' + hex(1 + below(2), 32) }
  }
  if (below(3) === 0) alloc[eoas[3]].code = '0xef0100' + pick(addresses).slice(2)
  if (below(3) === 0) alloc[empties[1]] = { balance: '0x1' }
  alloc[system.history] = { balance: '0x0', nonce: 1, code: systemCode('history') }
  alloc[system.roots] = { balance: '0x0', nonce: 1, code: systemCode('beacon_roots') }
  for (const name of ['withdrawals', 'consolidations', 'builderDeposits', 'builderExits'])
    alloc[system[name]] = { balance: '0x0', nonce: 1, code: pick(['0x00', '0x5f5460205260205ff3']) }
  return alloc
}

function authorizations(alloc) {
  const list = []
  for (let i = 1 + below(3); i > 0; i--) {
    const who = below(4), nonce = BigInt(alloc[eoas[who]].nonce) + BigInt(pick([0, 0, 1, 1, 2]))
    const address = pick([...addresses, '0x' + hex(0, 20)])
    list.push(eoaCode7702SignAuthorization(
      { chainId: pick(['0x1', '0x1', '0x0', '0x5']), address, nonce: '0x' + nonce.toString(16) }, keys[who]))
  }
  return list
}

function transaction(alloc, nonces, common) {
  const who = below(3), type = pick([0, 1, 2, 2, 4])
  const isCreate = type !== 4 && below(5) === 0
  const data = { type, nonce: nonces[who], value: pick([0n, 0n, 1n, 12345n]), chainId: 1n,
                 gasLimit: pick([40_000n, 120_000n, 400_000n, 1_000_000n, 16_777_216n, 17_000_000n, 20_000_000n]),
                 data: isCreate ? '0x' + (initcode() || program().slice(2)) : '0x' + '00ff'.repeat(below(40)) }
  if (!isCreate) data.to = pick([...contracts, ...contracts, ...eoas, ...empties, '0x' + hex(pick([1, 4]), 20)])
  const price = 7n + BigInt(pick([0, 0, 3]))
  if (type < 2) data.gasPrice = price
  else Object.assign(data, { maxFeePerGas: price + 5n, maxPriorityFeePerGas: price - 7n })
  if (type && below(2))
    data.accessList = [{ address: pick(addresses), storageKeys: ['0x' + hex(below(3), 32)] }]
  if (type === 4) data.authorizationList = authorizations(alloc)
  const unsigned = createTx(data, { common })
  const least = unsigned.getIntrinsicGas() + (pick([0, 1, 1]) ? 0n : 9000n)
  if (below(4) === 0 || unsigned.gasLimit < least) data.gasLimit = least + BigInt(pick([0, 1, 3000, 183600, 230000]))
  return createTx(data, { common }).sign(keys[who])
}

async function one(i) {
  state = (seed * 1000003 + i) >>> 0
  const common = createCustomCommon({ chainId: 1 }, Mainnet, { hardfork: 'amsterdam' })
  const alloc = world(), nonces = eoas.map(a => BigInt(alloc[a].nonce)), txs = []
  const vm = await createVM({ common })
  for (const [name, account] of Object.entries(alloc)) {
    const address = createAddressFromString(name)
    await vm.stateManager.putAccount(address, new Account(BigInt(account.nonce ?? 0), BigInt(account.balance)))
    if (account.code) await vm.stateManager.putCode(address, hexToBytes(account.code))
    for (const [key, value] of Object.entries(account.storage ?? {}))
      await vm.stateManager.putStorage(address, hexToBytes(key), trim(hexToBytes(value)))
  }
  const coinbase = pick([miner, miner, eoas[1], contracts[0]])
  const parentHash = '0x' + hex(0x1234567890n, 32), root = '0x' + hex(0x77n, 32)
  const withdrawals = below(2) ? [{ index: '0x0', validatorIndex: '0x1', address: pick([...addresses]),
                                    amount: '0x' + pick([0, 3]).toString(16) }] : []
  const header = { number: 5n, timestamp: 1000n, gasLimit: 120_000_000n, baseFeePerGas: 7n, coinbase, parentHash,
                   parentBeaconBlockRoot: root, excessBlobGas: 0n, blobGasUsed: 0n, slotNumber: 4321n,
                   mixHash: '0x' + hex(0x99n, 32) }
  let result
  for (let t = 1 + below(4); t > 0; t--) {
    const tx = transaction(alloc, nonces, common)
    txs.push(tx)
    nonces[eoas.indexOf(tx.getSenderAddress().toString())]++
    if (tx.type === 4) break // whose authorizations may move other nonces
  }
  const block = createBlock({ header, transactions: txs, withdrawals }, { common, skipConsensusFormatValidation: true })
  try {
    result = await runBlock(vm, { block, generate: true, skipHeaderValidation: true, skipBlockValidation: true,
                                  skipHardForkValidation: true })
  } catch (error) {
    return { skipped: String(error.message).split('\n')[0] }
  }
  const at = `${folder}/${i}`
  mkdirSync(at, { recursive: true })
  const env = { currentCoinbase: coinbase, currentGasLimit: '0x' + header.gasLimit.toString(16), currentNumber: '0x5',
                currentTimestamp: '0x3e8', currentBaseFee: '0x7', currentRandom: header.mixHash,
                currentDifficulty: '0x0', currentExcessBlobGas: '0x0', parentBeaconBlockRoot: root, slotNumber: '0x10e1',
                blockHashes: { 4: parentHash }, withdrawals }
  for (const account of Object.values(alloc)) account.nonce = '0x' + BigInt(account.nonce ?? 0).toString(16)
  const save = (name, value) => writeFileSync(`${at}/${name}.json`, JSON.stringify(value))
  save('alloc', alloc)
  save('env', env)
  save('txs', '0x' + rlp(txs.map(tx => tx.serialize()), txs))
  save('expect', { stateRoot: bytesToHex(result.stateRoot), receiptsRoot: bytesToHex(result.receiptsRoot),
                   gasUsed: '0x' + result.gasUsed.toString(16), logsBloom: bytesToHex(result.logsBloom),
                   requestsHash: bytesToHex(result.requestsHash),
                   blockAccessListHash: bytesToHex(result.blockLevelAccessList.hash()),
                   blockAccessList: bytesToHex(result.blockLevelAccessList.serialize()),
                   gas: result.receipts.map(r => r.cumulativeBlockGasUsed.toString()),
                   status: result.receipts.map(r => r.status) })
  return {}
}

// A list of transactions: legacy ones as they are, typed ones as strings.
function rlp(encodings, txs) {
  const item = (bytes, base) => {
    if (bytes.length < 56) return hex(base + bytes.length, 1) + bytesToHex(bytes).slice(2)
    const n = hex(bytes.length, Math.ceil(bytes.length.toString(16).length / 2))
    return hex(base + 55 + n.length / 2, 1) + n + bytesToHex(bytes).slice(2)
  }
  const body = encodings.map((e, i) => txs[i].type ? item(e, 0x80) : bytesToHex(e).slice(2)).join('')
  return item(hexToBytes('0x' + body), 0xc0)
}

const skipped = {}
for (let i = 0; i < count; i++) {
  const { skipped: why } = await one(i)
  if (why) skipped[why] = (skipped[why] ?? 0) + 1
}
console.log(JSON.stringify({ skipped }))
