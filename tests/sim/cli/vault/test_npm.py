#!/usr/bin/env python3
"""ethers, viem and @scure agree: keystores, signatures, transactions, typed data, sentences and paths.

ORRERY_NODE_MODULES names a folder with ethers 6, viem, @scure/bip32 and @scure/bip39 1; without it this is not run."""

import json
import os
import random
import shutil
import subprocess
import sys

import vault

MODULES = os.environ.get("ORRERY_NODE_MODULES", "")
ROUNDS = 1000 if os.environ.get("EVERY") else 25

CASES = r"""
const { ethers } = require('ethers');
const n = Number(process.argv[2]);
let state = 16n;
const word = () => { state = BigInt(ethers.keccak256(ethers.toBeHex(state, 32))); return ethers.toBeHex(state, 32); };
const below = k => Number(BigInt(word()) % BigInt(k));
(async () => {
  const out = [];
  for (let i = 0; i < n; i++) {
    const wallet = new ethers.Wallet(word()), type = below(3), gas = 21000 + below(1e6);
    const tx = { type, chainId: 1 + below(1e6), nonce: below(1000), gasLimit: gas, to: ethers.Wallet.createRandom().address,
                 value: BigInt(word()) >> BigInt(below(256)), data: ethers.hexlify(ethers.randomBytes(below(200))) };
    if (type < 2) tx.gasPrice = below(1e12); else { tx.maxFeePerGas = below(1e12); tx.maxPriorityFeePerGas = below(1e9); }
    if (type) tx.accessList = [{ address: wallet.address, storageKeys: [word()] }];
    const types = { Inner: [{ name: 'x', type: 'uint256' }, { name: 'y', type: 'bytes' }],
                    Outer: [{ name: 'list', type: 'Inner[]' }, { name: 'who', type: 'address' }, { name: 'text', type: 'string' }] };
    const domain = { name: 'n' + i, chainId: tx.chainId, verifyingContract: wallet.address };
    const message = { who: tx.to, text: 'é' + i,
                      list: [...Array(below(4))].map(() => ({ x: BigInt(word()).toString(), y: word() })) };
    const words = ethers.Mnemonic.fromEntropy(ethers.randomBytes(16 + 4 * below(5)));
    const path = `m/${below(100)}'/${below(100)}/${below(100)}'`;
    const node = ethers.HDNodeWallet.fromSeed(words.computeSeed()).derivePath(path);
    out.push({ key: wallet.privateKey, address: wallet.address, raw: await wallet.signTransaction(tx),
               tx: { ...tx, value: '0x' + tx.value.toString(16) },
               typed: { domain, types, primaryType: 'Outer', message },
               typedSignature: await wallet.signTypedData(domain, types, message),
               messageSignature: await wallet.signMessage('message ' + i), words: words.phrase, path,
               xprv: node.extendedKey });
  }
  console.log(JSON.stringify(out));
})();
"""
SCURE = r"""
const { HDKey } = require('@scure/bip32'), crypto = require('crypto');
const { entropyToMnemonic, mnemonicToSeedSync } = require('@scure/bip39');
const { wordlist } = require('@scure/bip39/wordlists/english');
const out = [], below = k => crypto.randomInt(k);
for (let i = 0; i < Number(process.argv[1]); i++) {
  const words = entropyToMnemonic(crypto.randomBytes(16 + 4 * below(5)), wordlist);
  const steps = [...Array(below(6))].map(() => below(2 ** 31) + (below(2) ? "'" : ''));
  const path = ['m', ...steps].join('/'), node = HDKey.fromMasterSeed(mnemonicToSeedSync(words)).derive(path);
  out.push({ words, path, xprv: node.privateExtendedKey, xpub: node.publicExtendedKey });
}
console.log(JSON.stringify(out));
"""
VIEM = r"""
const { privateKeyToAccount, generatePrivateKey } = require('viem/accounts');
const { recoverMessageAddress, recoverTypedDataAddress, recoverTransactionAddress } = require('viem');
const input = JSON.parse(require('fs').readFileSync(0, 'utf8'));
(async () => {
  const out = [];
  for (const c of input)
    out.push({ address: privateKeyToAccount(c.key).address,
               message: await recoverMessageAddress({ message: c.message, signature: c.messageSignature }),
               typed: await recoverTypedDataAddress({ ...c.typed, signature: c.typedSignature }),
               tx: await recoverTransactionAddress({ serializedTransaction: c.raw }),
               raw: await privateKeyToAccount(c.key).signTransaction({ type: 'eip1559', chainId: 7, nonce: c.nonce, gas: 21000n,
                      maxFeePerGas: 9n, maxPriorityFeePerGas: 2n, to: c.to, value: BigInt(c.value) }) });
  console.log(JSON.stringify(out));
})();
"""
OPEN = r"""
const { ethers } = require('ethers'), fs = require('fs');
console.log(ethers.Wallet.fromEncryptedJsonSync(fs.readFileSync(process.argv[2], 'utf8'), 'pässword').address);
"""


class Npm(vault.Case):
    def node(self, script, *args, stdin=""):
        return subprocess.run(["node", "-e", script, "--", *args], capture_output=True, check=True, input=stdin.encode(),
                              env={**os.environ, "NODE_PATH": MODULES}).stdout.decode()

    def test_ethers_signs_the_same(self):
        script = CASES.replace("process.argv[2]", "process.argv[1]")
        for i, case in enumerate(json.loads(self.node(script, str(ROUNDS)))):
            key = self.file("k", case["key"])
            self.assertEqual(case["address"], self.out("address", "--from", key).strip())
            self.assertEqual(case["raw"], self.out("sign", "tx", "--from", key, self.file("t", json.dumps(case["tx"]))).strip())
            self.assertEqual(case["typedSignature"],
                             self.out("sign", "typed", "--from", key, self.file("d", json.dumps(case["typed"]))).strip())
            self.assertEqual(case["messageSignature"],
                             self.out("sign", "message", "--from", key, self.file("m", f"message {i}")).strip())
            found = self.json("derive", "--from", self.file("w", case["words"]), "--path", case["path"], "--secret")
            self.assertEqual(case["xprv"], found["xprv"])

    def test_scure_derives_the_same(self):
        if not os.path.isdir(os.path.join(MODULES, "@scure/bip39")):
            self.skipTest("no @scure/bip32 and @scure/bip39")
        for case in json.loads(self.node(SCURE, str(ROUNDS))):
            found = self.json("derive", "--from", self.file("w", case["words"]), "--path", case["path"], "--secret")
            self.assertEqual((case["xprv"], case["xpub"]), (found["xprv"], found["xpub"]), case)

    def test_viem_recovers_what_we_sign_and_signs_the_same(self):
        if not os.path.isdir(os.path.join(MODULES, "viem")):
            self.skipTest("no viem")
        rng, cases = random.Random(3), []
        for i in range(ROUNDS):
            key, to = "0x" + rng.randbytes(32).hex(), "0x" + rng.randbytes(20).hex()
            tx = {"type": 2, "chainId": 7, "nonce": i, "gasLimit": 21000, "maxFeePerGas": 9, "maxPriorityFeePerGas": 2,
                  "to": to, "value": hex(rng.getrandbits(rng.randrange(1, 256)))}
            typed = {"domain": {"name": f"n{i}", "chainId": 7}, "primaryType": "A",
                     "types": {"A": [{"name": "x", "type": "uint64"}, {"name": "s", "type": "string[]"}]},
                     "message": {"x": rng.getrandbits(53), "s": ["é"] * (i % 3)}}
            name = self.file("k", key)
            cases.append({"key": key, "to": to, "nonce": i, "value": tx["value"], "message": f"message {i}", "typed": typed,
                          "address": self.out("address", "--from", name).strip(),
                          "messageSignature": self.out("sign", "message", "--from", name,
                                                       self.file("m", f"message {i}")).strip(),
                          "typedSignature": self.out("sign", "typed", "--from", name,
                                                     self.file("d", json.dumps(typed))).strip(),
                          "raw": self.out("sign", "tx", "--from", name, self.file("t", json.dumps(tx))).strip()})
        told = json.loads(self.node(VIEM, stdin=json.dumps(cases)))
        for case, found in zip(cases, told, strict=True):
            self.assertEqual([case["address"]] * 4, [found[x] for x in ("address", "message", "typed", "tx")])
            self.assertEqual(case["raw"], found["raw"])

    def test_ethers_opens_our_keystore(self):
        key = self.file("k", "11" * 32)
        for more in (("--light",), ("--pbkdf2",)):
            self.run_vault("convert", key, "--as", "v3", *more, "--out", self.path("v3"), "--force",
                           "--new-password-file", self.file("p", "pässword"))
            self.assertEqual(self.out("address", "--from", key),
                             self.node(OPEN.replace("argv[2]", "argv[1]"), self.path("v3")))


if __name__ == "__main__":
    if not shutil.which("node") or not os.path.isdir(os.path.join(MODULES, "ethers")):
        print("not run: no node with ethers (ORRERY_NODE_MODULES names the folder it is in)")
        sys.exit(77)
    vault.main()
