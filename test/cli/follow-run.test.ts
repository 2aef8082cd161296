/** A run with a reporter of a plugin: it writes its report beside ours, and one that breaks is never a release. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { runCandidate } from '../../src/app/run-candidate.ts'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { followRun } from '../../src/cli/follow-run.ts'
import { sha256 } from '../../src/kit/hash.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-follow-'))
afterAll(() => rmSync(folder, { recursive: true }))

function files(): { matrix: string; lab: string; candidate: string } {
  const lab = join(folder, 'lab.yaml')
  const host = '{name: sim, provider: simulated, capacity: {vcpus: 8, memoryMiB: 8192, machines: 4}}'
  const image = '{id: micro, kind: linux-micro, os: linux}'
  writeFileSync(
    lab,
    `version: 1\nstore: store\nhosts: [${host}]\nimages: [${image}]\nplugins: [{module: ./acme.js}]\n`,
  )
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
  writeFileSync(
    join(folder, 'acme.js'),
    `const brief = { name: 'acme/brief', write: (report, gate, out) => out.write('acme.txt', gate.decision) }
const broken = { name: 'acme/broken', write: () => Promise.reject(new Error('no printer')) }
export default { name: 'acme', apiVersion: 1, reporters: [broken, brief] }
`,
  )
  const matrix = join(folder, 'matrix.yaml')
  const value = '{id: only, machine: {memoryMiB: 256}}'
  writeFileSync(
    matrix,
    `version: 1\nid: small\naxes: {memory: {values: [${value}]}}\ndefaults: {image: micro}\n`,
  )
  const candidate = join(folder, 'update')
  mkdirSync(candidate)
  writeFileSync(join(candidate, 'x.dat'), 'content')
  writeFileSync(
    join(candidate, 'candidate.yaml'),
    `version: 1\nid: update\nrelease: "1"\nkind: content\nfiles: [{path: x.dat, sha256: ${sha256('content')}}]
recipes: {linux: {install: {place: [{file: x.dat, to: /opt/x.dat}]}}}\n`,
  )
  return { matrix, lab, candidate }
}

it('lets the reporters of plugins write, and ends with 4 when one of them breaks', async () => {
  const runFolder = join(folder, 'run')
  const wanted = { ...files(), runFolder, seed: 1, effort: 0, isolate: 0 }
  const options = { json: false, policy: undefined, keepGoing: false, keepFailed: false, junit: {} }
  const { code, concluded } = await followRun((controls) => runCandidate(wanted, controls), options)
  expect(readFileSync(join(runFolder, 'report', 'acme.txt'), 'utf8')).toBe(concluded.gate.decision)
  expect(concluded.broken?.message).toContain('no printer')
  expect(code).toBe(EXIT.toolFault)
})
