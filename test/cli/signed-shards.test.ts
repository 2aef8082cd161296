/** Shards that were signed before they began, merged: what `verify` says of the whole, and of one that somebody changed. */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSPHRASE, writeKeys } from '../stand-ins/partner-labs.ts'
import { folder, preparePlan, ringzero, shard, type Done } from '../stand-ins/shard-runners.ts'

const { key, open } = writeKeys(folder, 'publisher')
afterAll(() => rmSync(folder, { recursive: true }))
process.env['RINGZERO_KEY_PASSPHRASE'] = PASSPHRASE

const runShard = (index: number, to: string): Done =>
  shard('plan.json', index, 2, '--keep-going', '--run-dir', to, '--sign', key)
const verify = (run: string): Done => ringzero('verify', run, '--key', open)

/** The merge with one of its files edited. */
function changed(file: string, edit: (text: string) => string): Done {
  rmSync(join(folder, 'changed'), { recursive: true, force: true })
  cpSync(join(folder, 'merged'), join(folder, 'changed'), { recursive: true })
  const path = join(folder, 'changed', file)
  const text = readFileSync(path, 'utf8')
  expect(edit(text)).not.toBe(text)
  writeFileSync(path, edit(text))
  return verify('changed')
}

beforeAll(() => {
  preparePlan()
  for (const index of [1, 2]) {
    const { code, err } = runShard(index, `shard-${index}`)
    if (code !== 1 && code !== 3) throw new Error(err)
  }
  const merged = ringzero('merge', 'shard-1', 'shard-2', '--out', 'merged')
  if (merged.code !== 1) throw new Error(merged.err)
}, 300_000)

describe('a merge of signed shards', () => {
  it('keeps what was signed, and followed it', () => {
    expect(existsSync(join(folder, 'merged/shards/2/signed/pre-registration.sigstore.json'))).toBe(true)
    for (const run of ['shard-1', 'shard-2', 'merged']) {
      const { code, out, err } = verify(run)
      expect(out, err).toContain('verified: the run followed the plan that was signed before it began')
      expect(code).toBe(0)
    }
    // Shards of one lab name each other, and are no repeats.
    expect(verify('merged').out).not.toContain('begun before')
  })

  it('is not one without a shard, or with a shard of which a line, a cell or the signature is gone', () => {
    rmSync(join(folder, 'cut'), { recursive: true, force: true })
    cpSync(join(folder, 'merged'), join(folder, 'cut'), { recursive: true })
    rmSync(join(folder, 'cut/shards/2'), { recursive: true })
    expect(verify('cut')).toMatchObject({
      code: 1,
      out: expect.stringContaining('shards/2 is no record of a shard') as string,
    })
    const dropped = changed('journal.jsonl', (text) =>
      text
        .split('\n')
        .filter((line) => !line.includes('"type":"observed"'))
        .join('\n'),
    )
    expect(dropped.out).toMatch(
      /journal\.jsonl does not say what the journals of its shards say, from line \d+ on/,
    )
    expect(dropped.code).toBe(1)
    const line = changed('shards/1/journal.jsonl', (text) => text.replace(/"at":(\d+)/, '"at":1$1'))
    expect(line.out).toContain('shards/1/journal.jsonl does not follow from what was written before')
    expect(line.out).toContain('\njournal.jsonl does not say what the journals of its shards say, from line')
    const one = changed('journal.jsonl', (text) =>
      text
        .split('\n')
        .filter((entry) => !entry.includes('"shard-merged"') || entry.includes('"index":1'))
        .join('\n'),
    )
    expect(one.out).toContain('shards/2 is of no shard of this run')
    expect(one.out).toContain('shards are not all shards of one plan: shard 2/2')
    const unsigned = changed('shards/2/signed/journal.sigstore.json', (text) => `${text} `)
    expect(unsigned.out).toContain('shards/2/journal.sigstore.json cannot be trusted')
    const inputs = changed('inputs.json', (text) => text.replace('"id": "update"', '"id": "another"'))
    expect(inputs.out).toContain('inputs.json is not what its shards began with')
    const both = changed('shards/1/inputs.json', (text) => text.replace('"id": "update"', '"id": "another"'))
    expect(both.out).toContain('shards/1/inputs.json is not what the run began with')
  }, 120_000)

  it('tells that a shard was run again until it was green', () => {
    runShard(2, 'again')
    const merged = ringzero('merge', 'shard-1', 'again', '--out', 'merged-again')
    expect(merged.code, merged.err).toBe(1)
    const { code, out } = verify('merged-again')
    expect(out).toMatch(
      new RegExp(
        `the same plan \\(2/2\\) was begun before, and what that showed is not in this run: \\S+, ${join(folder, 'shard-2')}`,
      ),
    )
    expect(code).toBe(0)
    expect(JSON.parse(ringzero('verify', 'merged-again', '--key', open, '--json').out)).toMatchObject({
      verified: true,
      repeats: [{ part: '2/2' }],
    })
  }, 60_000)

  it('is no report of a partner: a part of a plan is registered for nobody', () => {
    const { code, err } = shard(
      'plan.json',
      1,
      2,
      '--run-dir',
      'never',
      '--sign',
      key,
      '--partners',
      'p.yaml',
    )
    expect(code, err).toBe(2)
    expect(existsSync(join(folder, 'never'))).toBe(false)
  })
})
