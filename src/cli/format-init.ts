/** What `ringzero init` did, and what comes next, as lines. */
import { relative, resolve } from 'node:path'
import type { InitResult } from '../app/init-project.ts'

/** Unknown values of a fleet that are shown. */
const SHOWN = 5

/** `folder` is the project's as typed; paths are told relative to `current`. */
export function formatInit(result: InitResult, folder: string, current: string): string[] {
  const shown = (path: string): string => {
    const inside = relative(current, path)
    return inside.startsWith('..') ? path : inside
  }
  const own = result.files.filter(
    (file) => !/(?:^|[\\/])(?:schemas|products)[\\/]/.test(relative(resolve(folder), file)),
  )
  const others = result.files.length - own.length
  const { fleet, open } = result
  return [
    ...own.map((file) => `wrote ${shown(file)}`),
    ...(others === 0
      ? []
      : [`wrote ${others} files more: schemas for your editor, products that can be installed beside it`]),
    ...(result.files.length === 0 ? ['everything is there already'] : []),
    ...(fleet === undefined ? [] : fleetLines(fleet)),
    ...(open.length === 0 ? [] : ['', 'What only you know, and nothing runs without:']),
    ...open.map(({ file, line, question }) => `  ${shown(file)}:${line}: ${question}`),
    '',
    'Next:',
    ...(folder === '.' ? [] : [`  cd ${quoted(folder)}`]),
    `  ringzero plan matrix.yaml --candidate ${quoted(result.candidate)} --lab lab.yaml`,
    ...(result.needsMedia
      ? [
          '  put the installation media where lab.yaml says (media/*.iso), or take images without media out of it',
          '  set RINGZERO_GUEST_PASSWORD, as in: $env:RINGZERO_GUEST_PASSWORD = Read-Host',
        ]
      : []),
    '  ringzero doctor --lab lab.yaml',
    ...(result.needsMedia ? ['  ringzero images build --lab lab.yaml'] : []),
    `  ringzero run matrix.yaml --candidate ${quoted(result.candidate)} --lab lab.yaml --policy policy.yaml`,
  ]
}

function fleetLines({ machines, missing, unknown }: NonNullable<InitResult['fleet']>): string[] {
  return [
    `weights: from ${machines} machines`,
    ...(missing.length === 0
      ? []
      : [`  no column for: ${missing.join(', ')}; their weights are placeholders`]),
    ...unknown
      .slice(0, SHOWN)
      .map(({ axis, value, machines: count }) => `  not in the matrix: ${axis}=${value}, ${count} machines`),
    ...(unknown.length > SHOWN ? [`  and ${unknown.length - SHOWN} values more`] : []),
  ]
}

function quoted(text: string): string {
  return /^[\w./\\:-]+$/.test(text) ? text : `"${text}"`
}
