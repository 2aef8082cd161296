import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openNdjson, streamNdjson } from '../../src/kit/ndjson.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rz-ndjson-'))
})
afterEach(() => rm(folder, { recursive: true }))

const readNdjson = async (path: string): Promise<unknown[]> => {
  const found: unknown[] = []
  for await (const record of streamNdjson(path)) found.push(record)
  return found
}

describe('ndjson', () => {
  it('appends records that are read back in order, also when many are appended at once', async () => {
    const path = join(folder, 'a.jsonl')
    const file = await openNdjson(path)
    await Promise.all(Array.from({ length: 500 }, (_, n) => file.append(JSON.stringify({ n }))))
    await file.close()
    expect(await readNdjson(path)).toEqual(Array.from({ length: 500 }, (_, n) => ({ n })))
  })

  it.each([true, false])(
    'lines in any script, appended together with sync %s, are written as UTF-8',
    async (sync) => {
      const path = join(folder, `script-${sync}.jsonl`)
      const lines = [
        '{"a":"plain"}',
        '{"b":"the guest’s clock, Größe"}',
        '{"c":"日本語 🙂"}',
        '{"d":"\\ud800"}',
      ]
      const file = await openNdjson(path, { sync })
      await Promise.all(lines.map((line) => file.append(line)))
      await file.close()
      expect(await readFile(path, 'utf8')).toBe(lines.map((line) => `${line}\n`).join(''))
    },
  )

  it('a file cut at any byte keeps its whole lines and can be appended to', async () => {
    const path = join(folder, 'b.jsonl')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string(), { maxLength: 8 }), fc.nat(), async (texts, cut) => {
        const lines = texts.map((text) => `${JSON.stringify({ text })}\n`)
        const bytes = Buffer.from(lines.join(''))
        const kept = bytes.subarray(0, bytes.length === 0 ? 0 : cut % (bytes.length + 1))
        const whole = kept.toString('latin1').split('\n').length - 1
        await writeFile(path, kept)
        const file = await openNdjson(path)
        await file.append(JSON.stringify({ text: 'after' }))
        await file.close()
        expect(await readNdjson(path)).toEqual([
          ...texts.slice(0, whole).map((text) => ({ text })),
          { text: 'after' },
        ])
      }),
      { numRuns: 200 },
    )
  })

  it('damage before the last line is named with its line', async () => {
    const path = join(folder, 'c.jsonl')
    await writeFile(path, '{"a":1}\nbroken\n{"b":2}\n')
    await expect(readNdjson(path)).rejects.toThrow(`${path}:2`)
    await appendFile(path, '{"torn":')
    expect(await readFile(path, 'utf8')).toContain('torn')
  })

  it.each([
    ['zeros and a newline, as a log ends after a power loss', '\0'.repeat(400) + '\n'],
    ['zeros alone', '\0'.repeat(70_000)],
    ['half a line, then zeros', `{"text":"ab${'\0'.repeat(100)}`],
    ['half a line, then zeros and a newline', `{"text":"ab${'\0'.repeat(70_000)}\n`],
    ['several lines with zeros', `{"a":\0\n\0\0\n\n\0{"b":1}\n\0`],
  ])('an end of %s is read as torn, and cut off before the next line', async (_, end) => {
    const path = join(folder, 'd.jsonl')
    await writeFile(path, `{"a":1}\n{"b":2}\n${end}`)
    expect(await readNdjson(path)).toEqual([{ a: 1 }, { b: 2 }])
    const file = await openNdjson(path)
    await file.append(JSON.stringify({ c: 3 }))
    await file.close()
    expect(await readFile(path, 'utf8')).toBe('{"a":1}\n{"b":2}\n{"c":3}\n')
  })

  it('zeros that whole lines follow are damage', async () => {
    const path = join(folder, 'e.jsonl')
    await writeFile(path, '{"a":1}\n\0\0\n{"b":2}\n')
    await expect(readNdjson(path)).rejects.toThrow(`${path}:2`)
  })
})
