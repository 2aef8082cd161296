/** What junit-report-builder has no method for, added to the XML nodes that it builds: host names, reasons, attempts. */
import type { TestCase, TestSuite } from 'junit-report-builder'

/** The part of an xmlbuilder node that is used. */
interface XmlNode {
  ele(name: string, attributes: Readonly<Record<string, string>>, text?: string): XmlNode
  att(name: string, value: string): XmlNode
  cdata(text: string): XmlNode
}

/** Puts a hostname on a suite. */
export function nameHost(suite: TestSuite, host: string): void {
  extend(suite, (node) => void node.att('hostname', host))
}

/** Names the file that a reader links a suite to. */
export function setFile(suite: TestSuite, file: string): void {
  extend(suite, (node) => void node.att('file', file))
}

/** Marks a case as skipped, with the reason that the builder cannot carry. */
export function addSkipped(testCase: TestCase, message: string): void {
  testCase.getSkippedCount = () => 1
  extend(testCase, (node) => void node.ele('skipped', { message }, message))
}

/** A further attempt, as Jenkins and Surefire write it. */
export function addElement(
  testCase: TestCase,
  name: 'flakyFailure' | 'rerunFailure',
  message: string,
  type: string,
): void {
  extend(testCase, (node) => void node.ele(name, { message, type }).ele('stackTrace', {}, message))
}

/** What a case said. Called last: Surefire's schema has skipped, flaky and rerun elements before it. */
export function addOutput(testCase: TestCase, text: string): void {
  extend(testCase, (node) => void node.ele('system-out', {}).cdata(text))
}

function extend(target: TestCase | TestSuite, change: (node: XmlNode) => void): void {
  const build = target.build.bind(target)
  target.build = (parent?: unknown) => {
    const node = build(parent as never)
    change(node)
    return node
  }
}
