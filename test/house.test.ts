/**
 * What the kept tools cannot say about the sources: doors, names, and the one place of processes, clocks and the console.
 * Floors and reach are kept by dependency-cruiser (.dependency-cruiser.mjs), cycles and sizes by oxlint.
 */
import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { globSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FLOORS } from '../.dependency-cruiser.mjs'

const root = resolve(import.meta.dirname, '..')
const src = join(root, 'src')
const sources = globSync('**/*.{ts,tsx}', { cwd: src }).sort()

const PUBLIC_DOORS = new Set(['sdk.ts', 'sdk/testing/index.ts'])
const FORBIDDEN_NAMES = /^(utils?|helpers?|common|misc|types|interfaces|constants|manager)$/

function read(file: string): string {
  return readFileSync(join(src, file), 'utf8')
}

describe('the rooms', () => {
  it('every file stands in a room of the plan', () => {
    const rooms = FLOORS.flat()
    const outside = sources.filter(
      (file) => !rooms.includes(file.split('/')[0] ?? '') && !['main.ts', 'sdk.ts'].includes(file),
    )
    expect(outside).toEqual([])
  })
})

describe('the doors', () => {
  it('nothing re-exports but the public doors', () => {
    const barrels = sources.filter(
      (file) => !PUBLIC_DOORS.has(file) && /^export (?:type )?(?:\*|\{[^}]*\}) from/m.test(read(file)),
    )
    expect(barrels).toEqual([])
  })

  const only = (what: string, pattern: RegExp, allowed: readonly string[]): void => {
    it(`${what} stands only in ${allowed.join(', ')}`, () => {
      const wrong = sources.filter(
        (file) => !allowed.includes(file) && pattern.test(withoutComments(read(file))),
      )
      expect(wrong).toEqual([])
    })
  }
  only('starting processes', /from '(?:node:)?child_process'|from 'execa'/, ['kit/process.ts'])
  only('the console', /\bconsole\.|process\.(?:stdout|stderr)\b/, ['cli/terminal.ts', 'main.ts'])
  only('process.exit', /process\.exit(?:Code)?\b/, ['main.ts'])
  only(
    'clocks and timers',
    /\bDate\.now\(|new Date\(\)|\bset(?:Timeout|Interval|Immediate)\(|performance\.now\(|node:timers/,
    ['kit/clock.ts'],
  )
})

describe('names and types', () => {
  it('no file or folder is named after nothing', () => {
    const wrong = sources.filter((file) =>
      file.split('/').some((part) => FORBIDDEN_NAMES.test(part.replace(/\.tsx?$/, ''))),
    )
    expect(wrong).toEqual([])
  })

  it('files are in kebab-case', () => {
    expect(sources.filter((file) => !/^[a-z0-9-]+(\.d)?\.tsx?$/.test(basename(file)))).toEqual([])
  })

  it('the type system is never switched off', () => {
    const wrong = sources.filter((file) =>
      /@ts-(?:ignore|expect-error|nocheck)|\bas any\b|: any\b/.test(read(file)),
    )
    expect(wrong).toEqual([])
  })
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '$1')
}
