/** Which errors of the database are its absence, after which all goes on, and which are told to a person. */
import { describe, expect, it } from 'vitest'
import { databaseError, isAway } from '../../src/fleet/database.ts'

const error = (code: string | undefined, message = 'x', more: object = {}): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code }, more)

describe('an error of the database', () => {
  it.each([
    ['its computer is not reached', error('ECONNREFUSED', 'connect', { syscall: 'connect' })],
    ['its socket is not there', error('ENOENT', 'connect', { syscall: 'connect' })],
    ['its name is not known now', error('ENOTFOUND')],
    ['the connection broke', error('ECONNRESET')],
    ['the connection broke while something was sent', error('EPIPE', 'write EPIPE', { syscall: 'write' })],
    ['the driver says so without a code', error(undefined, 'Connection terminated unexpectedly')],
    ['it did not answer', error(undefined, 'Query read timeout')],
    ['it starts', error('57P03')],
    ['it was stopped', error('57P01')],
    ['its disk is full', error('53100')],
    ['it has no connection left', error('53300')],
    ['a transaction lost against another', error('40001')],
    ['two waited for each other', error('40P01')],
    ['this process stood still in a transaction', error('25P03')],
  ])('is its absence where %s', (_, given) => {
    expect(isAway(given)).toBe(true)
    expect(databaseError(given)).toMatchObject({ code: 'DATABASE_AWAY', fault: 'host' })
  })

  it.each([
    ['the account has no right', error('42501'), 'DATABASE_REFUSED'],
    ['the password is wrong', error('28P01'), 'DATABASE_REFUSED'],
    ['there are no tables', error('42P01'), 'DATABASE_EMPTY'],
    ['its certificate is nobody’s', error('SELF_SIGNED_CERT_IN_CHAIN'), 'DATABASE_UNTRUSTED'],
    ['its certificate is another host’s', error('ERR_TLS_CERT_ALTNAME_INVALID'), 'DATABASE_UNTRUSTED'],
    ['its certificate is too old', error('CERT_HAS_EXPIRED'), 'DATABASE_UNTRUSTED'],
    [
      'it does not encrypt',
      error(undefined, 'The server does not support SSL connections'),
      'DATABASE_UNTRUSTED',
    ],
  ])('is told at once where %s', (_, given, code) => {
    expect(isAway(given)).toBe(false)
    expect(databaseError(given)).toMatchObject({ code, fault: 'user' })
  })
})
