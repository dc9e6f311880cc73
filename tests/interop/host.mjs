// host.mjs - a js-libp2p host over TCP, noise and yamux with a given Ed25519 key.
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { createInterface } from 'node:readline'

export async function host (secretHex, services = {}) {
  return await createLibp2p({
    privateKey: privateKeyFromRaw(Buffer.from(secretHex, 'hex')),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false }, // on a loaded machine pings come late
    services: { identify: identify(), ...services }
  })
}

// Lines of standard input, each to the function of its first word; the end of input is the end.
export async function commands (node, table) {
  table.dial = async (to) => { await node.dial(multiaddr(to)) }
  console.log('at ' + node.getMultiaddrs()[0])
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, ...rest] = line.split(' ')
    await table[word](rest.join(' '))
  }
  process.exit(0)
}
