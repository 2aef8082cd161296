import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ciSystemOf, groupEnd, groupStart, withoutCommands } from '../../src/cli/ci-log.ts'
import { printable } from '../../src/kit/text.ts'

/** What each system takes for a command, as its agent reads a line. */
const COMMANDS = /^\s*::|##\[|##vso\[|##teamcity\[|section_(?:start|end):\d+:[^\r\n]*\r/m

describe('text of strangers in the log of a CI system', () => {
  it.each([
    '::error::owned',
    '   ::set-output name=x::y',
    'fine\n::stop-commands::token',
    'x ##[add-path]/tmp/evil',
    '##vso[task.setvariable variable=x]y',
    "##teamcity[message text='x']",
    '\u001b[0Ksection_start:1:a\r\u001b[0Kx',
    ':::warning::x',
    '###[error]x',
  ])('commands nothing: %j', (line) => {
    expect(line).toMatch(COMMANDS)
    expect(withoutCommands(printable(line))).not.toMatch(COMMANDS)
  })

  it('commands nothing, whatever it is made of', () => {
    const part = fc.constantFrom(
      ':',
      '::',
      '#',
      '##',
      '[',
      'vso',
      'error',
      ' ',
      '\n',
      '\r',
      '\t',
      '\u00a0',
      '\u001b[0K',
      'section_start:1:a',
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        expect(withoutCommands(printable(parts.join('')))).not.toMatch(COMMANDS)
      }),
      { numRuns: 2000 },
    )
  })

  it('stays as it is where it is no command', () => {
    for (const line of ['10:20:30 boot', 'std::vector', '# heading', 'a [b] ##', 'C::\\x'])
      expect(withoutCommands(line)).toBe(line)
  })
})

describe('groups', () => {
  it.each([
    [{ GITHUB_ACTIONS: 'true' }, '::group::attempts 100%25', '::endgroup::'],
    [
      { GITLAB_CI: 'true' },
      '\u001b[0Ksection_start:7:smoke[collapsed=true]\r\u001b[0Kattempts 100%',
      '\u001b[0Ksection_end:7:smoke\r\u001b[0K',
    ],
    [{ TF_BUILD: 'True' }, '##[group]attempts 100%', '##[endgroup]'],
  ])('of %j are as its documentation says', (environment, start, end) => {
    const system = ciSystemOf(environment)!
    expect(groupStart(system, 'smoke', 'attempts 100%', 7900)).toBe(start)
    expect(groupEnd(system, 'smoke', 7900)).toBe(end)
  })

  it('are nowhere else', () => {
    expect(ciSystemOf({ CI: 'true', JENKINS_URL: 'x' })).toBeUndefined()
  })
})
