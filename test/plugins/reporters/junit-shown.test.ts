/**
 * What three readers show of our documents, and what two schemas say of them.
 *
 * data/junit-readers.json holds what the readers' own code gave for the documents of junit-samples.ts, with the commit of each. The
 * small re-readings here follow the same rules and must give the same; so a document that changes is read as the readers would
 * read it. Where a re-reading and the file part, the readers are run again.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { childrenOf, readDocument, type Element } from './junit-document.ts'
import { junitSamples, SAMPLE_NAMES } from './junit-samples.ts'

const samples = junitSamples()
const { readers } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'data/junit-readers.json'), 'utf8'),
) as { readers: Record<string, { shown: Record<string, unknown> }> }

const suitesOf = (root: Element): readonly Element[] => childrenOf(root, 'testsuite')
const casesOf = (root: Element): readonly Element[] =>
  suitesOf(root).flatMap((suite) => childrenOf(suite, 'testcase'))
const has = (element: Element, name: string): boolean => childrenOf(element, name).length > 0
const cut = (text: string): string => text.slice(0, 100)

/** dorny/test-reporter 3.0: a failure or an error fails, skipped is skipped, the message begins with the type. */
function asDorny(root: Element): unknown {
  const result = (test: Element): string =>
    has(test, 'failure') || has(test, 'error') ? 'failed' : has(test, 'skipped') ? 'skipped' : 'success'
  const message = (test: Element): { message?: string } => {
    const [first] = [...childrenOf(test, 'failure'), ...childrenOf(test, 'error')]
    const { type, message: said } = first?.attributes ?? {}
    return first === undefined ? {} : { message: cut(type === undefined ? `${said}` : `${type}: ${said}`) }
  }
  const suites = suitesOf(root).toSorted((a, b) =>
    (a.attributes['name'] ?? '') < (b.attributes['name'] ?? '') ? -1 : 1,
  )
  const tests = suites.flatMap((suite) =>
    childrenOf(suite, 'testcase').map((test) => ({
      suite: suite.attributes['name']?.trim(),
      group: test.attributes['classname'] === suite.attributes['name'] ? '' : test.attributes['classname'],
      name: test.attributes['name']?.trim(),
      result: result(test),
      ...message(test),
    })),
  )
  const count = (wanted: string): number => tests.filter((test) => test.result === wanted).length
  return {
    seconds: Number(root.attributes['time']),
    passed: count('success'),
    failed: count('failed'),
    skipped: count('skipped'),
    tests,
  }
}

/** mikepenz/action-junit-report 5: annotates what failed and what was flaky, with the suite's file as path and in the title. */
function asMikepenz(root: Element): unknown {
  const tests = suitesOf(root).flatMap((suite) =>
    childrenOf(suite, 'testcase').map((test) => {
      const issue = [...childrenOf(test, 'failure'), ...childrenOf(test, 'error')][0]
      return { suite, test, issue, skip: has(test, 'skipped'), flaky: has(test, 'flakyFailure') }
    }),
  )
  const failed = tests.filter(({ issue, skip }) => issue !== undefined && !skip).length
  const skipped = tests.filter(({ skip }) => skip).length
  return {
    total: tests.length,
    failed,
    skipped,
    passed: tests.length - failed - skipped,
    annotations: tests
      .filter(({ issue, skip, flaky }) => (issue !== undefined && !skip) || flaky)
      .map(({ suite, test, issue }) => ({
        level: issue === undefined ? 'notice' : 'failure',
        path: suite.attributes['file'],
        line: 1,
        title: `${suite.attributes['file']}.${test.attributes['name']}`,
        message: cut((issue?.attributes['message'] ?? test.attributes['name'] ?? '').trim()),
      })),
  }
}

/** EnricoMi/publish-unit-test-result-action: sums up the counters of the suites; the most severe result of a case. */
function asEnricoMi(root: Element): unknown {
  const sum = (name: string): number =>
    suitesOf(root).reduce((total, { attributes }) => total + Number(attributes[name] ?? 0), 0)
  return {
    parseErrors: 0,
    suites: suitesOf(root).length,
    tests: sum('tests'),
    skipped: sum('skipped'),
    failures: sum('failures'),
    errors: sum('errors'),
    seconds: Math.trunc(sum('time')),
    cases: casesOf(root).map((test) => {
      const result = ['error', 'failure', 'skipped'].find((name) => has(test, name))
      const message = result === undefined ? undefined : childrenOf(test, result)[0]?.attributes['message']
      return {
        file: test.attributes['file'] ?? null,
        class: test.attributes['classname'],
        name: test.attributes['name'],
        result: result ?? 'success',
        message: message === undefined ? null : cut(message),
      }
    }),
  }
}

describe.each([
  ['dorny/test-reporter', asDorny],
  ['mikepenz/action-junit-report', asMikepenz],
  ['EnricoMi/publish-unit-test-result-action', asEnricoMi],
] as const)('%s', (reader, read) => {
  it.each(SAMPLE_NAMES)('shows the %s run as its own code does', (name) => {
    expect(read(readDocument(samples[name]))).toEqual(readers[reader]?.shown[name])
  })

  it('shows configuration and cause, and no hash for a name', () => {
    const shown = JSON.stringify(readers[reader]?.shown['failing'])
    expect(shown).toContain('build=micro-6.1 product=netwatch cpu=max')
    expect(shown).toContain('[candidate] boot-loop in restart: the kernel died in sensor')
    expect(shown).not.toMatch(/"(?:name|title|suite)":"[^"]*[0-9a-f]{12}/)
  })
})

/** Attributes (`!` marks required ones) and children of an element; `ordered`: the children come in this order. */
interface Rule {
  readonly attributes: string
  readonly children: string
  readonly ordered?: boolean
}

const RERUN: Rule = {
  attributes: 'message type!',
  children: 'stackTrace system-out system-err',
  ordered: true,
}
const PROPERTY: Rule = { attributes: 'name! value!', children: '' }
const RESULTS = 'failure rerunFailure flakyFailure skipped error rerunError flakyError system-out system-err'

/** What junit-10.xsd of Jenkins’ xunit plugin allows. */
const JENKINS_XUNIT: Readonly<Record<string, Rule>> = {
  testsuites: { attributes: 'name time tests failures errors', children: 'testsuite' },
  testsuite: {
    attributes:
      'name! tests! failures! errors! group time skipped timestamp hostname id package file log url version',
    children: 'testsuite properties testcase system-out system-err',
  },
  testcase: { attributes: 'name! time classname group', children: RESULTS },
  properties: { attributes: '', children: 'property' },
  property: PROPERTY,
  failure: { attributes: 'type message', children: '' },
  error: { attributes: 'type message', children: '' },
  skipped: { attributes: 'type message', children: '' },
  rerunFailure: RERUN,
  flakyFailure: RERUN,
}

/** What surefire-test-report.xsd allows, with two attributes of the suite that other readers need: `hostname` and `file`. */
const SUREFIRE: Readonly<Record<string, Rule>> = {
  testsuite: {
    attributes: 'version name! time timestamp tests! errors! skipped! failures! flakes group hostname file',
    children: 'properties testcase',
    ordered: true,
  },
  testcase: { attributes: 'name! classname group time! timestamp', children: RESULTS, ordered: true },
  properties: { attributes: '', children: 'property' },
  property: PROPERTY,
  failure: { attributes: 'message type', children: '' },
  error: { attributes: 'message type', children: '' },
  skipped: { attributes: 'message', children: '' },
  rerunFailure: RERUN,
  flakyFailure: RERUN,
}

/** What an element and all within it do against the rules. */
function offences(element: Element, rules: Readonly<Record<string, Rule>>): string[] {
  const rule = rules[element.name]
  if (rule === undefined) return element.children.length === 0 ? [] : [`${element.name} has children`]
  const allowed = rule.attributes.split(' ').map((name) => name.replace('!', ''))
  const required = rule.attributes.split(' ').filter((name) => name.endsWith('!'))
  const order = rule.children.split(' ')
  const places = element.children.map(({ name }) => order.indexOf(name))
  return [
    ...Object.keys(element.attributes)
      .filter((name) => !allowed.includes(name))
      .map((name) => `${element.name} has ${name}`),
    ...required
      .map((name) => name.slice(0, -1))
      .filter((name) => element.attributes[name] === undefined)
      .map((name) => `${element.name} lacks ${name}`),
    ...(places.includes(-1)
      ? [`${element.name} holds ${element.children.map(({ name }) => name).join(' ')}`]
      : []),
    ...(rule.ordered === true && places.some((place, index) => index > 0 && place < (places[index - 1] ?? 0))
      ? [`${element.name} is out of order: ${element.children.map(({ name }) => name).join(' ')}`]
      : []),
    ...element.children.flatMap((child) => offences(child, rules)),
  ]
}

/** SUREFIRE_TIME of both schemas, and what Surefire’s newer schema takes as a float. */
const TIME = /^\d{1,9}(?:\.\d{1,3})?$/

describe.each(SAMPLE_NAMES)('junit.xml of the %s run', (name) => {
  const root = readDocument(samples[name])

  it('is as the schema of Jenkins’ xunit plugin wants it', () => {
    expect(offences(root, JENKINS_XUNIT)).toEqual([])
  })

  it('is as Surefire’s schema wants it, suite by suite', () => {
    expect(suitesOf(root).flatMap((suite) => offences(suite, SUREFIRE))).toEqual([])
  })

  it('has times that every reader reads', () => {
    const times = [root, ...suitesOf(root), ...casesOf(root)].map(
      ({ attributes }) => attributes['time'] ?? '',
    )
    expect(times.filter((time) => !TIME.test(time))).toEqual([])
  })

  it('keeps the limits of Azure DevOps and GitLab', () => {
    // Azure DevOps: 512 characters of a title and of a message are kept. GitLab: 255 of a name.
    const names = [...suitesOf(root), ...casesOf(root)].map(({ attributes }) => attributes['name'] ?? '')
    expect(Math.max(...names.map((text) => text.length))).toBeLessThanOrEqual(255)
    const messages = casesOf(root).flatMap(({ children }) =>
      children.map(({ attributes }) => attributes['message'] ?? ''),
    )
    expect(Math.max(...messages.map((text) => text.length))).toBeLessThanOrEqual(512)
    // GitLab shows a skipped element with a message and no text as a hash.
    const skipped = casesOf(root).flatMap((test) => childrenOf(test, 'skipped'))
    expect(skipped.filter(({ text }) => text.trim() === '')).toEqual([])
    // GitLab tells cases apart by suite, class and name.
    const keys = suitesOf(root).flatMap((suite) =>
      childrenOf(suite, 'testcase').map(({ attributes }) =>
        JSON.stringify([suite.attributes['name'], attributes['classname'], attributes['name']]),
      ),
    )
    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe('junit.xml', () => {
  it('names a host only for a cell that ran', () => {
    const suites = suitesOf(readDocument(samples.failing))
    const never = suites.filter((suite) => JSON.stringify(suite).includes('[not-run]'))
    expect(never).toHaveLength(1)
    expect(never[0]?.attributes['hostname']).toBeUndefined()
    expect(suites.filter(({ attributes }) => attributes['hostname'] !== undefined)).toHaveLength(
      suites.length - 1,
    )
  })

  it('attaches files of the run only, whatever a guest says', () => {
    const attached = SAMPLE_NAMES.flatMap((name) =>
      [...samples[name].matchAll(/\[\[ATTACHMENT\|([^\]]*)\]\]/g)].map(([, path]) => path),
    )
    expect(attached).toEqual([
      'runs/r/cells/micro-61-netwatch-max/1/screen-panic.png',
      'runs/r/cells/micro-61-netwatch-max/1/serial.log',
    ])
  })
})
