// polyfill.mjs - what Node 20 lacks and js-libp2p asks for: node --import ./polyfill.mjs.
Promise.withResolvers ??= function () {
  let resolve, reject
  const promise = new this((a, b) => { resolve = a; reject = b })
  return { promise, resolve, reject }
}
