import { expect, it } from 'vitest'
import { whyNoWindowsPath } from '../../../src/inputs/package/windows-names.ts'

it.each([
  ['sub/setup.exe', undefined],
  ['console.dat', undefined],
  ['.hidden', undefined],
  ['sub/aux', 'is the name of a device'],
  ['COM1.dat', 'is the name of a device'],
  ['lpt².txt', 'is the name of a device'],
  ['end./x', 'drops a dot or a space'],
  ['end ', 'drops a dot or a space'],
  ['a:stream', 'it holds ":"'],
  ['what?', 'it holds "?"'],
  ['bell\u0007', 'it holds "\\u0007"'],
])('%j: %s', (path, why) => {
  const said = whyNoWindowsPath(path, path.length)
  if (why === undefined) expect(said).toBeUndefined()
  else expect(said).toContain(why)
})

it('a path of 260 characters is one too long', () => {
  expect(whyNoWindowsPath('x', 259)).toBeUndefined()
  expect(whyNoWindowsPath('x', 260)).toContain('260 characters')
})
