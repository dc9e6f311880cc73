// Compiles the contracts beside this file and writes contracts.c: `npm ci && npm run build`.
// With --check it writes nothing and fails when contracts.c is not what it would write.
//
// The output depends on the sources, on solc's version (package.json) and on the settings below
// only: the metadata that solc appends, a hash over comments and paths, is left out.
'use strict';
const fs = require('fs');
const path = require('path');
const solc = require('solc');

const CONTRACTS = ['Counter', 'Token', 'Exchange', 'Workload', 'DisputeGame', 'Portal'];
const SETTINGS = {
  evmVersion: 'cancun',
  optimizer: { enabled: true, runs: 200 },
  metadata: { appendCBOR: false, bytecodeHash: 'none' },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
};

function compile() {
  const sources = {};
  for (const name of CONTRACTS) {
    const file = `${name}.sol`;
    sources[file] = { content: fs.readFileSync(path.join(__dirname, file), 'utf8') };
  }
  const input = { language: 'Solidity', sources, settings: SETTINGS };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  for (const error of output.errors || []) console.error(error.formattedMessage);
  if ((output.errors || []).length) process.exit(1);
  return output.contracts;
}

function bytes(name, hex) {
  const rows = [];
  for (let i = 0; i < hex.length; i += 32) {
    rows.push('    ' + hex.slice(i, i + 32).match(/../g).map((byte) => `0x${byte},`).join(' '));
  }
  return `static const uint8_t ${name}[] = {\n${rows.join('\n')}\n};\n`;
}

// A C string literal in pieces that fit a line.
function text(string) {
  const quoted = JSON.stringify(string).slice(1, -1);
  const pieces = quoted.match(/(?:\\.|[^\\]){1,64}/g);
  return pieces.map((piece) => `    "${piece}"`).join('\n');
}

function generate(contracts) {
  const version = solc.version().split('+')[0];
  let c = `/* contracts.c - made by build.js with solc ${version}; do not edit. */\n`
    + '#include "models/vm/contracts/contracts.h"\n';
  for (const name of CONTRACTS) {
    const lower = name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase();
    const { abi, evm } = contracts[`${name}.sol`][name];
    c += '\n' + bytes(`${lower}_creation`, evm.bytecode.object)
      + bytes(`${lower}_runtime`, evm.deployedBytecode.object)
      + `const struct orr_evm_contract orr_evm_contract_${lower} = {\n`
      + `    "${name}", ${lower}_creation, sizeof ${lower}_creation,\n`
      + `    ${lower}_runtime, sizeof ${lower}_runtime,\n${text(JSON.stringify(abi))}};\n`;
  }
  return c;
}

const file = path.join(__dirname, 'contracts.c');
const fresh = generate(compile());
if (process.argv.includes('--check')) {
  if (fs.readFileSync(file, 'utf8') !== fresh) {
    console.error('contracts.c is not what these sources compile to: npm run build');
    process.exit(1);
  }
} else {
  fs.writeFileSync(file, fresh);
}
