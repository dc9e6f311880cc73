#!/usr/bin/env python3
"""ethers and @scure agree: keystores, signatures, transactions, typed data, sentences and paths.

ORRERY_NODE_MODULES names a folder with ethers 6, @scure/bip32 and @scure/bip39; without it this is not run."""

import json
import os
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
const { HDKey } = require('@scure/bip32');
const { mnemonicToSeedSync } = require('@scure/bip39');
const [words, path] = process.argv.slice(2);
console.log(HDKey.fromMasterSeed(mnemonicToSeedSync(words)).derive(path).privateExtendedKey);
"""
OPEN = r"""
const { ethers } = require('ethers'), fs = require('fs');
console.log(ethers.Wallet.fromEncryptedJsonSync(fs.readFileSync(process.argv[2], 'utf8'), 'pässword').address);
"""


class Npm(vault.Case):
    def node(self, script, *args):
        return subprocess.run(["node", "-e", script, "--", *args], capture_output=True, check=True,
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
        words = "legal winner thank year wave sausage worth useful legal winner thank yellow"
        script = SCURE.replace("slice(2)", "slice(1)")
        if not os.path.isdir(os.path.join(MODULES, "@scure/bip32")):
            self.skipTest("no @scure/bip32")
        for path in ("m", "m/0'/1", "m/44'/60'/0'/0/2147483647"):
            found = self.json("derive", "--from", self.file("w", words), "--path", path, "--secret")
            self.assertEqual(self.node(script, words, path).strip(), found["xprv"])

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
