/**
 * What three readers show of our documents, and what two schemas say of them.
 *
 * data/junit-readers.json holds what the readers' own code gave for the documents of junit-samples.ts, with the commit of each. The
 * small re-readings here follow the same rules and must give the same; so a document that changes is read as the readers would
 * read it. Where a re-reading and the file part, the readers are run again.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { XmlDocument, XmlElement, XsdValidator } from 'libxml2-wasm'
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

/** A schema of data/ (its README names source and licence). */
function schemaNamed(name: string): XsdValidator {
  return XsdValidator.fromDoc(
    XmlDocument.fromString(readFileSync(join(import.meta.dirname, 'data', name), 'utf8')),
  )
}

/** Jenkins' xunit plugin refuses a document that its schema refuses. */
const jenkinsXunit = schemaNamed('junit-10.xsd')
/** Of one suite; Surefire writes a file for each. */
const surefire = schemaNamed('surefire-test-report.xsd')
/** Attributes of a suite that other readers need and Surefire does not know. */
const NOT_OF_SUREFIRE = ['hostname', 'file']

/** What a schema says against a document, or against each of its suites. */
function offences(xml: string, schema: 'jenkins' | 'surefire'): string[] {
  const document = XmlDocument.fromString(xml)
  try {
    if (schema === 'jenkins') return refusal(() => jenkinsXunit.validate(document))
    return document.root.find('testsuite').flatMap((suite) => {
      if (!(suite instanceof XmlElement)) return ['a suite is no element']
      for (const name of NOT_OF_SUREFIRE) suite.attr(name)?.remove()
      return refusal(() => surefire.validate(suite))
    })
  } finally {
    document.dispose()
  }
}

function refusal(validate: () => void): string[] {
  try {
    validate()
    return []
  } catch (error) {
    return [String(error)]
  }
}

describe('the schemas', () => {
  it.each([
    ['jenkins', /<testsuites /, '<testsuites skipped="1" '],
    ['jenkins', /(<testcase [^>]*)>/, '$1 file="a">'],
    ['surefire', /(<testcase [^>]*) name="[^"]*"/, '$1'],
    ['surefire', /(<testsuite [^>]*) errors="\d+"/, '$1'],
    ['surefire', /(<system-out>)/, '<system-out/>$1'],
  ] as const)('of %s refuse what is wrong: %s as %s', (schema, from, to) => {
    const wrong = samples.failing.replace(from, to)
    expect(wrong).not.toBe(samples.failing)
    expect(offences(wrong, schema)).not.toEqual([])
  })
})

/** SUREFIRE_TIME of both schemas, and what Surefire’s newer schema takes as a float. */
const TIME = /^\d{1,9}(?:\.\d{1,3})?$/

describe.each(SAMPLE_NAMES)('junit.xml of the %s run', (name) => {
  const root = readDocument(samples[name])

  it('is as the schema of Jenkins’ xunit plugin wants it', () => {
    expect(offences(samples[name], 'jenkins')).toEqual([])
  })

  it('is as Surefire’s schema wants it, suite by suite', () => {
    expect(offences(samples[name], 'surefire')).toEqual([])
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
