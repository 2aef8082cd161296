/** Help and completion know every command. */
import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { groupCommands } from '../../src/cli/command-groups.ts'
import { fishCompletion } from '../../src/cli/completion/fish.ts'

const ids = globSync('**/*.ts', { cwd: resolve(import.meta.dirname, '../../src/commands') }).map((file) =>
  file.replace(/\.ts$/, '').replaceAll(/[\\/]/g, ':'),
)

it('every command stands in a group of what a person wants', () => {
  const groups = groupCommands(ids)
  expect(groups.filter(({ title }) => title === 'other')).toEqual([])
  expect(groups.flatMap((group) => group.ids).toSorted()).toEqual(ids.toSorted())
})

it('a command that nobody grouped is shown all the same', () => {
  expect(groupCommands(['run', 'acme:sing'])).toEqual([
    { title: 'run', ids: ['run'] },
    { title: 'other', ids: ['acme:sing'] },
  ])
})

it('fish is offered commands, their words and flags, and no text of ours ends its quotes', () => {
  const flags = [
    { name: 'format', takesValue: true, options: ['a', 'b'], description: "what's written\nhow" },
    { name: 'json', takesValue: false, options: [], description: 'as \\JSON' },
  ]
  const script = fishCompletion('tool', [
    { id: 'images:build', summary: 'Builds', flags: [] },
    { id: 'images:list', summary: 'Lists', flags },
  ])
  expect(script.match(/-a 'images'/g)).toHaveLength(1)
  expect(script).toContain(
    "-n '__tool_words_are images list' -l format -x -a 'a b' -d 'what\\'s written how'",
  )
  expect(script).toContain("-l json -d 'as \\\\JSON'")
})
