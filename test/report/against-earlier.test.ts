import { expect, test } from 'vitest'
import { againstEarlier } from '../../src/report/against-earlier.ts'
import { badRun, goodRun } from '../stand-ins/scripted-report.ts'

const SAME = { run: 'earlier', policyOnRecord: true, changes: [], authors: [] }

test('a failure that the earlier run has is known, one that only it has is gone', () => {
  const [bad, good] = [badRun().report, goodRun().report]
  const classes = (signatures: readonly string[] | undefined): unknown =>
    signatures?.map((signature) => signature.split('|')[0])
  const again = againstEarlier(bad, bad, SAME).earlier
  expect(classes(again?.known)).toEqual(['boot-loop', 'panic'])
  expect(again?.gone).toEqual([])
  const fixed = againstEarlier(good, bad, SAME).earlier
  expect(fixed).toMatchObject({ known: [], run: bad.run.id, release: '291' })
  expect(classes(fixed?.gone)).toEqual(['boot-loop', 'panic'])
  expect(againstEarlier(bad, good, SAME).earlier).toMatchObject({ known: [], gone: [] })
})
