import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../src/kit/yaml-document.ts'

const text = `version: 1
axes:
  build:
    values:
      - {id: w11, weight: 3}
rules:
  - |
    IF a = 1
    THEN b = 2
  - "x y"
`

describe('positions in YAML', () => {
  const document = parseYaml(text)

  it('finds values and keys by path', () => {
    expect(document.locate(['axes', 'build', 'values', 0, 'weight'])).toEqual({ line: 5, column: 27 })
    expect(document.locate(['axes', 'build'], { key: true })).toEqual({ line: 3, column: 3 })
  })

  it('a missing field is at its parent', () => {
    expect(document.locate(['axes', 'build', 'values', 0, 'title'])).toEqual({ line: 5, column: 9 })
  })

  it('finds places inside the text of a scalar', () => {
    expect(document.locateInside(['rules', 0], 2, 6)).toEqual({ line: 9, column: 10 })
    expect(document.locateInside(['rules', 1], 1, 3)).toEqual({ line: 10, column: 8 })
  })

  it('a document whose aliases explode is an error, not a full memory', () => {
    const levels = Array.from(
      { length: 12 },
      (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(',')}]`,
    )
    const bomb = parseYaml(`a0: &a0 [x]\n${levels.join('\n')}\n`)
    expect(bomb.value).toBeUndefined()
    expect(bomb.errors[0]?.message).toMatch(/alias/i)
  })
})
