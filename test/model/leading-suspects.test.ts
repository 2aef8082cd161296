import { describe, expect, it } from 'vitest'
import { leadingSuspects } from '../../src/model/leading-suspects.ts'
import type { Suspect } from '../../src/model/report.ts'

const suspects = (...supports: Suspect['support'][]): readonly Suspect[] =>
  supports.map((support, index) => ({ rank: index + 1, support }) as Suspect)

describe('the suspects that a person reads first', () => {
  it('are those that are more than possible', () => {
    const [likely, , strong] = suspects('likely', 'possible', 'likely', 'possible')
    expect(leadingSuspects(suspects('likely', 'possible', 'likely', 'possible'))).toEqual([likely, strong])
  })

  it('are the first possible ones where nothing is likely', () => {
    expect(
      leadingSuspects(suspects('possible', 'possible', 'possible', 'possible')).map(({ rank }) => rank),
    ).toEqual([1, 2, 3])
    expect(leadingSuspects([])).toEqual([])
  })
})
