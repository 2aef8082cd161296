import { describe, expect, it } from 'vitest'
import { nextQuestion } from '../../src/app/init-questions.ts'
import { completeAnswers } from '../../src/cli/init-answers.ts'
import type { UpdateFacts } from '../../src/inputs/update/update-facts.ts'

const sha256 = 'a'.repeat(64)
const update = (...paths: readonly string[]): UpdateFacts => ({
  folder: '/x',
  files: paths.map((path) => ({ path, sha256 })),
  kinds: ['driver'],
  id: 'x',
})

/** A person who has these answers, and what was asked. */
async function answered(
  facts: UpdateFacts,
  answers: Readonly<Record<string, string>>,
): Promise<{ readonly asked: readonly string[]; readonly answers: object }> {
  const asked: string[] = []
  const complete = await completeAnswers(facts, {}, ({ message }) => {
    asked.push(message)
    return Promise.resolve(Object.entries(answers).find(([start]) => message.startsWith(start))?.[1] ?? '')
  })
  return { asked, answers: complete }
}

describe('the questions', () => {
  it('leave out what the files say', async () => {
    const driver = { ...update('a.inf', 'a.sys'), release: { value: '1', source: 'DriverVer of a.inf' } }
    expect((await answered(driver, {})).asked).toEqual(['What may be released?', 'Which CI runs it?'])
  })

  it('of two possible kinds begin with the kind and go on with what that kind needs', async () => {
    const both: UpdateFacts = { ...update('a.msi', 'b.exe'), kinds: ['msi', 'exe'] }
    const { asked, answers } = await answered(both, {
      'What installs': 'exe',
      Arguments: '/S  /D=C:\\x',
      'Which CI': 'github',
    })
    expect(asked.map((message) => message.replace(/ \(.*/, ''))).toEqual([
      'What installs the update?',
      'Version of the update',
      'Arguments with which it installs without a person',
      'A file of the guest that is there once it is installed',
      'Program of the guest that takes it out again',
      'What may be released?',
      'Which CI runs it?',
    ])
    expect(answers).toMatchObject({ kind: 'exe', argument: ['/S', '/D=C:\\x'], ci: 'github' })
  })

  it('propose the silent arguments of the tool that made a setup program, and take an empty answer for none', async () => {
    const setup: UpdateFacts = {
      ...update('b.exe'),
      kinds: ['exe'],
      setup: { tool: 'NSIS', arguments: ['/S'] },
    }
    expect(nextQuestion(setup, { release: '1' })).toMatchObject({ id: 'argument', proposal: '/S' })
    expect((await answered(setup, {})).answers).toMatchObject({ argument: undefined })
  })

  it('know the guests of a script by its ending', () => {
    const script = (path: string): UpdateFacts => ({ ...update(path), kinds: ['script'] })
    expect(nextQuestion(script('a.ps1'), { release: '1', verify: '', uninstall: '' })?.id).toBe('policy')
    expect(nextQuestion({ ...update('a.bin'), kinds: ['content'] }, {})?.id).toBe('guest')
  })
})
