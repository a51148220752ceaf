// compile.mjs MODULES CONTRACT.sol: prints the creation bytecode of the contract that is named like its file, as
// hexadecimal digits. MODULES is the node_modules folder with solc. Warnings are errors.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, resolve } from 'node:path'

const [modules, file] = process.argv.slice(2)
const solc = createRequire(join(resolve(modules), 'here'))('solc')
const name = basename(file)
const output = JSON.parse(solc.compile(JSON.stringify({
  language: 'Solidity',
  sources: { [name]: { content: readFileSync(file, 'utf8') } },
  settings: {
    // Chains that are behind Ethereum take it too.
    evmVersion: 'paris',
    optimizer: { enabled: true, runs: 1000 },
    outputSelection: { '*': { '*': ['evm.bytecode.object'] } }
  }
})))
for (const error of output.errors ?? []) console.error(error.formattedMessage)
if (output.errors?.length) process.exit(1)
console.log(output.contracts[name][basename(name, '.sol')].evm.bytecode.object)
