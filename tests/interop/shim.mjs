// shim.mjs SECRET SOCKET - carries RPCs between js-libp2p's streams and the Unix socket of tests/interop/node.c,
// a connection for each peer: bytes as they are, for both put an RPC behind its length as a uvarint.
import { createConnection } from 'node:net'
import { commands, host } from './host.mjs'

const PROTOCOL = '/meshsub/1.2.0'
const [secret, path] = process.argv.slice(2)
const node = await host(secret)
const sockets = new Map() // peer id: socket

function socketOf (peer) {
  const known = sockets.get(peer.toString())
  if (known) return known
  const socket = createConnection(path), id = peer.toMultihash().bytes
  sockets.set(peer.toString(), socket)
  socket.write(Buffer.concat([Buffer.from([id.length]), id]))
  return socket
}
await node.handle(PROTOCOL, async (stream, connection) => {
  const socket = socketOf(connection.remotePeer)
  for await (const bytes of stream) socket.write(Buffer.from(bytes.subarray())) // a copy: it waits
}, { runOnLimitedConnection: true })
await node.register(PROTOCOL, {
  onConnect: async (peer, connection) => {
    const stream = await connection.newStream(PROTOCOL)
    for await (const bytes of socketOf(peer)) if (!stream.send(bytes)) await stream.onDrain()
  },
  onDisconnect: (peer) => { socketOf(peer).end(); sockets.delete(peer.toString()) }
})
await commands(node, {})
