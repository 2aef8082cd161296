/** What changes of the machine mean: to whom they belong, what the control does to itself, what is left behind. */
import { describe, expect, test } from 'vitest'
import type { FactOf } from '../../../src/model/observation.ts'
import { adding, CELL, good, judge } from '../../stand-ins/judging.ts'
import { goodCandidate, goodControl, type AttemptScript } from '../../stand-ins/scripted-run.ts'

type Change = FactOf<'change'>

const change = (changes: Partial<Change> = {}): Change => ({
  kind: 'change',
  moment: 'after-install',
  aspect: 'file',
  item: '/etc/services',
  what: 'changed',
  traits: ['content'],
  belongsTo: 'system',
  expected: false,
  declared: false,
  before: 'content a',
  after: 'content b',
  count: 1,
  ...changes,
})
const fresh = (changes: Partial<Change>): Change =>
  change({ what: 'new', traits: [], belongsTo: 'nobody', ...changes })

/** A look, as the check leaves it. */
const looked = (script: AttemptScript): AttemptScript => ({
  ...script,
  phases: script.phases.map((entry) => ({
    ...entry,
    ...(entry.checks === undefined ? {} : { checks: [...entry.checks, 'fingerprint'] }),
  })),
})
const phaseOf = ({ moment }: Change): string => (moment === 'after-rollback' ? 'rollback' : 'check')
const withChanges = (script: AttemptScript, changes: readonly Change[]): AttemptScript =>
  changes.reduce((grown, fact) => adding(grown, phaseOf(fact), fact), looked(script))

function judged(mine: readonly Change[], theirs: readonly Change[] = []) {
  const verdict = judge([withChanges(goodCandidate(CELL), mine), withChanges(goodControl(CELL), theirs)])
  return {
    outcome: verdict.outcome,
    blame: verdict.blame,
    classes: verdict.symptoms.map((symptom) => symptom.class),
    verdict,
  }
}

describe('a change', () => {
  test.each<[string, Change, string, string]>([
    ['a changed file of the system', change(), 'fail', 'false-positive-quarantine'],
    [
      'lost data of a product',
      change({ what: 'gone', traits: [], belongsTo: 'product:x' }),
      'fail',
      'false-positive-quarantine',
    ],
    ['other permissions', change({ traits: ['mode'] }), 'fail', 'permissions-changed'],
    ['another owner', change({ traits: ['owner'] }), 'fail', 'permissions-changed'],
    [
      'a new set-user-id file',
      fresh({ item: '/bin/x', after: 'type file, mode 4755, owner 0:0' }),
      'warn',
      'permissions-changed',
    ],
    [
      'a root certificate',
      fresh({ aspect: 'certificate', item: '/etc/ssl/certs/evil.pem' }),
      'fail',
      'trust-gained',
    ],
    ['a lost certificate', change({ aspect: 'certificate', what: 'gone', traits: [] }), 'fail', 'trust-lost'],
    ['a new user', fresh({ aspect: 'account', item: 'user:eve' }), 'fail', 'accounts-changed'],
    ['other name servers', change({ aspect: 'names', item: '/etc/resolv.conf' }), 'fail', 'network-changed'],
    [
      'a lost route',
      change({ aspect: 'network', item: 'route:default', what: 'gone', traits: [] }),
      'fail',
      'network-loss',
    ],
    [
      'a link that is down',
      change({ aspect: 'network', item: 'link:eth0', traits: ['value'] }),
      'fail',
      'network-loss',
    ],
    [
      'another kernel setting',
      change({ aspect: 'setting', item: 'kernel.panic', traits: ['value'] }),
      'fail',
      'settings-changed',
    ],
    ['a new autostart', fresh({ aspect: 'autostart', item: '/etc/cron.d/x' }), 'warn', 'new-autostart'],
    [
      'what stays after the rollback',
      fresh({ moment: 'after-rollback', item: '/etc/tool.conf' }),
      'fail',
      'left-behind',
    ],
    [
      'what the rollback does not bring back',
      change({ moment: 'after-rollback' }),
      'fail',
      'rollback-incomplete',
    ],
  ])('%s', (_, fact, outcome, expected) => {
    expect(judged([fact])).toMatchObject({ outcome, blame: 'candidate', classes: [expected] })
  })

  test('that the recipe names, and a new file, are nothing', () => {
    expect(judged([change({ expected: true }), fresh({ item: '/opt/tool', count: 3 })]).outcome).toBe('pass')
  })

  test('of one sort is told once, with all its items, over all moments', () => {
    const found = judged([
      change({ item: '/etc/a' }),
      change({ item: '/etc/b' }),
      change({ item: '/etc/a', moment: 'after-soak' }),
    ])
    expect(found.classes).toEqual(['false-positive-quarantine'])
    expect(found.verdict.symptoms[0]?.seen).toBe('/etc/a: content b; /etc/b: content b')
  })
})

describe('what the control does to itself', () => {
  test('is nobody’s, and other permissions of the same file are', () => {
    expect(judged([change()], [change()])).toMatchObject({ outcome: 'pass', classes: [] })
    expect(judged([change({ traits: ['content', 'mode'] })], [change()]).outcome).toBe('fail')
    expect(judged([change({ what: 'gone', traits: [] })], [change()]).outcome).toBe('fail')
  })

  test('names of which it makes several are a pattern; a folder that it writes into takes new files', () => {
    const log = (item: string): Change => fresh({ item, moment: 'after-rollback' })
    expect(judged([log('/cache/9.tmp')], [log('/cache/1.tmp'), log('/cache/2.tmp')]).outcome).toBe('pass')
    expect(judged([log('/var/log/tool.log')], [change({ item: '/var/log/boot.log' })]).outcome).toBe('pass')
    expect(judged([log('/etc/tool.conf')], [change({ item: '/var/log/boot.log' })]).outcome).toBe('fail')
  })

  test('a product that updates itself makes the cell invalid, never red', () => {
    const updated = change({ item: '/opt/selfup/version', belongsTo: 'product:selfup', declared: true })
    const found = judged([updated], [updated])
    expect(found).toMatchObject({ outcome: 'inconclusive', blame: 'host', classes: [] })
    expect(found.verdict.because).toContain('the product selfup updated itself')
    expect(judged([updated], []).outcome).toBe('fail')
  })
})

test('changes that no control was looked at for are blamed on nobody', () => {
  const verdict = judge([withChanges(goodCandidate(CELL), [change()]), good[1]!])
  expect(verdict).toMatchObject({ outcome: 'inconclusive', blame: 'unknown' })
})
