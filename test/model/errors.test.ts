import { describe, expect, it } from 'vitest'
import { AppError, asAppError } from '../../src/model/errors.ts'

/** An error as Node gives it. */
const refused = (code: string, path?: string): Error =>
  Object.assign(new Error(`${code}: mkdir '${path}'`), { code, ...(path === undefined ? {} : { path }) })

describe('a thrown value that nobody classified', () => {
  it.each(['EACCES', 'EPERM', 'EROFS'])('is the user’s to fix where a system refuses a file: %s', (code) => {
    expect(asAppError(refused(code, '/lab/.ringzero'))).toMatchObject({
      code: 'FILE_REFUSED',
      fault: 'user',
      message: `${code}: mkdir '/lab/.ringzero'`,
      hint: expect.stringContaining('/lab/.ringzero') as string,
    })
  })

  it('is a fault of ours otherwise, and what somebody classified stays as it is', () => {
    expect(asAppError(refused('ENOENT', '/x'))).toMatchObject({ code: 'BUG_UNEXPECTED', fault: 'tool' })
    expect(asAppError(refused('EPERM'))).toMatchObject({ code: 'BUG_UNEXPECTED', fault: 'tool' })
    expect(asAppError('text')).toMatchObject({ fault: 'tool', message: 'text' })
    const known = new AppError('KNOWN', 'host', 'known')
    expect(asAppError(known)).toBe(known)
  })
})
