/** An error as people read it: where, what, and what to do; all problems of a file at once. */
import { relative } from 'node:path'
import type { ErrorRecord, Problem, Where } from '../model/errors.ts'

/** Problems shown at once; the rest is counted. */
const SHOWN = 50

/**
 * Lines `file:line:column: message`, `  field: …`, `  fix: …` for each problem, and where the code of the error is explained;
 * paths relative to `folder` where they lie in it.
 */
export function formatError(error: ErrorRecord, folder: string): string[] {
  const more = `  more: ringzero explain ${error.code}`
  if (error.problems === undefined || error.problems.length === 0) {
    return [...formatProblem(error, folder), more]
  }
  const lines = error.problems.slice(0, SHOWN).flatMap((problem) => formatProblem(problem, folder))
  const rest = error.problems.length - SHOWN
  return [...lines, ...(rest > 0 ? [`… and ${rest} more`] : []), `error: ${error.message}`, more]
}

function formatProblem(problem: Problem, folder: string): string[] {
  const place = problem.where === undefined ? 'error' : formatPlace(problem.where, folder)
  return [
    `${place}: ${problem.message}`,
    ...(problem.where?.field === undefined ? [] : [`  field: ${problem.where.field}`]),
    ...(problem.hint === undefined ? [] : [`  fix: ${problem.hint}`]),
  ]
}

function formatPlace(where: Where, folder: string): string {
  const path = relative(folder, where.file)
  const file = path === '' || path.startsWith('..') ? where.file : path
  return [file, where.line, where.column].filter((part) => part !== undefined).join(':')
}
