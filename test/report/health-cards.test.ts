import { describe, expect, it } from 'vitest'
import type { FootprintPart, HealthCard } from '../../src/model/health.ts'
import { footprintSince, healthCards, type SeenMachine } from '../../src/report/health-cards.ts'

const WINDOWS = ['ntfs', 'tcpip']

function machine(
  arm: 'candidate' | 'control',
  after: readonly string[],
  more: Partial<SeenMachine> & { readonly before?: readonly string[] } = {},
): SeenMachine {
  const { before = WINDOWS, ...rest } = more
  const drivers = (names: readonly string[]): ReadonlyMap<FootprintPart, ReadonlySet<string>> =>
    new Map([['drivers', new Set(names)]])
  return {
    cell: 'one',
    arm,
    image: 'win11',
    products: [],
    baseline: drivers(before),
    after: drivers(after),
    autostarts: new Set(),
    measures: [],
    starts: [],
    recoveries: [],
    ...rest,
  }
}

const TITLES = { candidate: 'Update 2', products: new Map([['shield', 'Shield 7']]) }
const MEASURES = [{ name: 'memory:after-restart', unit: 'MiB' }]
const cardsOf = (machines: readonly SeenMachine[]): HealthCard[] => healthCards(machines, MEASURES, TITLES)

const memory = (value: number): Pick<SeenMachine, 'measures'> => ({
  measures: [value],
})

describe('the card of the candidate', () => {
  it('has what is there with it and neither before nor on the control', () => {
    const [card] = cardsOf([
      machine('candidate', [...WINDOWS, 'acmeflt', 'bam'], {
        autostarts: new Set(['new service:acme', 'new task:update']),
      }),
      machine('control', [...WINDOWS, 'bam'], { autostarts: new Set(['new task:update']) }),
    ])
    expect(card).toMatchObject({
      of: 'candidate',
      title: 'Update 2',
      machines: 1,
      autostarts: ['new service:acme'],
    })
    expect(card?.footprint.drivers).toEqual(['acmeflt'])
    expect(card?.gone.drivers).toEqual([])
  })

  it('has the drivers of others that are gone with it, unless the control loses them, too', () => {
    const [card] = cardsOf([
      machine('candidate', ['ntfs'], { before: [...WINDOWS, 'lazy'] }),
      machine('control', WINDOWS, { before: [...WINDOWS, 'lazy'] }),
    ])
    expect(card?.gone.drivers).toEqual(['tcpip'])
  })

  it('says nothing of a machine without a control, nor of a list that was not read', () => {
    expect(cardsOf([machine('candidate', ['acmeflt'])])[0]).toMatchObject({
      machines: 0,
      footprint: { drivers: [] },
    })
    const unread = { ...machine('candidate', [...WINDOWS, 'acmeflt']), baseline: new Map() }
    expect(cardsOf([unread, machine('control', WINDOWS)])[0]?.footprint.drivers).toEqual([])
  })

  it('tells what it costs by machine against its control, with an interval from two machines on', () => {
    const pair = (cell: string, own: number, usual: number): SeenMachine[] => [
      machine('candidate', WINDOWS, { cell, ...memory(own), starts: [own * 10] }),
      machine('control', WINDOWS, { cell, ...memory(usual), starts: [usual * 10] }),
    ]
    const one = cardsOf(pair('a', 120, 100))[0]!.costs
    expect(one).toEqual([
      { name: 'start', unit: 'ms', difference: 200, machines: 1 },
      { name: 'memory:after-restart', unit: 'MiB', difference: 20, machines: 1 },
    ])
    const [, three] = cardsOf([...pair('a', 120, 100), ...pair('b', 310, 300), ...pair('c', 230, 200)])[0]!
      .costs
    // t(2) = 4.30, s = 10, n = 3
    expect(three).toMatchObject({ difference: 20, machines: 3 })
    expect(three?.interval?.map(Math.round)).toEqual([-5, 45])
  })

  it('counts recovery steps', () => {
    const steps = [true, false].map((broughtBack) => ({ step: 'offline-uninstall' as const, broughtBack }))
    expect(cardsOf([machine('candidate', [], { recoveries: steps })])[0]?.recovery).toEqual([
      { step: 'offline-uninstall', tried: 2, broughtBack: 1 },
    ])
  })

  it('is compared with that of an earlier release', () => {
    const card = (...names: readonly string[]) =>
      cardsOf([machine('candidate', [...WINDOWS, ...names]), machine('control', WINDOWS)])[0]!
    expect(footprintSince(card('new', 'kept'), card('old', 'kept'))[0]).toEqual({
      part: 'drivers',
      before: 2,
      now: 2,
      more: ['new'],
      fewer: ['old'],
    })
  })
})

describe('the card of a product', () => {
  const withIt = { products: ['shield'], before: [...WINDOWS, 'shieldflt', 'mouse'] }

  it('has what every machine with it has and none of the same image without it', () => {
    const cards = cardsOf([
      machine('control', [], withIt),
      machine('control', [], { ...withIt, before: [...WINDOWS, 'shieldflt'] }),
      machine('control', [], { before: WINDOWS }),
    ])
    expect(cards.map(({ of }) => of)).toEqual(['candidate', 'shield'])
    expect(cards[1]).toMatchObject({ title: 'Shield 7', machines: 2, footprint: { drivers: ['shieldflt'] } })
  })

  it('claims nothing where every machine of an image has it', () => {
    const cards = cardsOf([
      machine('control', [], withIt),
      machine('control', [], { image: 'other', before: [] }),
    ])
    expect(cards[1]).toMatchObject({ of: 'shield', machines: 0, footprint: { drivers: [] } })
  })
})
