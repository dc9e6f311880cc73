// peer.mjs SECRET OPTIONS - a node of js-libp2p with its gossipsub; OPTIONS as JSON.
import { gossipsub } from '@libp2p/gossipsub'
import { commands, host } from './host.mjs'

const TOPIC = 'orrery/0'
const id = (m) => { // from || seqno, as the specification has it
  const seqno = Buffer.alloc(8)
  seqno.writeBigUInt64BE(m.sequenceNumber)
  return Buffer.concat([m.from.toMultihash().bytes, seqno])
}
const options = { msgIdFn: id, ...JSON.parse(process.argv[3]) }
const node = await host(process.argv[2], { pubsub: gossipsub(options) })
const pubsub = node.services.pubsub
pubsub.addEventListener('message', ({ detail }) => {
  console.log('delivered ' + Buffer.from(detail.data).toString().split(' ')[0])
})
pubsub.subscribe(TOPIC)
await commands(node, {
  publish: async (text) => { await pubsub.publish(TOPIC, Buffer.from(text)) },
  look: () => {
    const scores = pubsub.getPeers().map((p) => pubsub.getScore(p.toString()))
    console.log('look ' + JSON.stringify({ mesh: pubsub.getMeshPeers(TOPIC).length, scores }))
  }
})
