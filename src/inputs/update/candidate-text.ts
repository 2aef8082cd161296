/** candidate.yaml for an update: what is known stands there, what only its vendor knows is a comment that says `TODO`. */
import { stringify } from 'yaml'
import type { OsName } from '../../model/recipe.ts'
import { mainFiles, type CandidateKind, type UpdateFacts } from './update-facts.ts'

/** What a person said about an update. */
export interface UpdateAnswers {
  readonly kind: CandidateKind
  /** Guest operating system that it is for. */
  readonly os: OsName
  readonly main?: string | undefined
  readonly id?: string | undefined
  readonly release?: string | undefined
  /** Folder of the guest that content goes to. */
  readonly to?: string | undefined
  /** Arguments with which a setup program asks no questions. */
  readonly arguments?: readonly string[] | undefined
  /** A file of the guest that is there when it was installed. */
  readonly verify?: string | undefined
  /** What takes it out: for a script one of its files, else a program of the guest. */
  readonly uninstall?: string | undefined
  readonly uninstallArguments?: readonly string[] | undefined
}

/** A part of a recipe: as it is, or as an example of what is not known. */
type Part = { readonly known: object } | { readonly question: string; readonly example: object }

const SCRIPT_FLAGS = ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File']
const POWERSHELL = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe'

/** The whole text. `schema` is what an editor's schema line points at. */
export function candidateText(facts: UpdateFacts, answers: UpdateAnswers, schema: string): string {
  const { kind, os } = answers
  const release = answers.release ?? facts.release?.value
  const source =
    answers.release === undefined && facts.release !== undefined ? facts.release.source : undefined
  const mains = mainFiles(
    facts.files.map(({ path }) => path),
    kind,
  )
  return [
    `# yaml-language-server: $schema=${schema}`,
    '# The update under test. `ringzero candidate hash` renews the hashes when its files change.',
    'version: 1',
    entry({ id: answers.id ?? facts.id }),
    ...(release === undefined
      ? ['# TODO: the version of this update', 'release: TODO']
      : [entry({ release }) + (source === undefined ? '' : ` # ${source}`)]),
    entry({ kind }),
    ...(kind !== 'content' && mains.length > 1 && answers.main !== undefined
      ? [entry({ main: answers.main })]
      : []),
    entry({ files: facts.files.map(({ path, sha256 }) => ({ path, sha256 })) }),
    '# The product of the lab that this update belongs to; its own health probe must stay green:',
    '# product: PRODUCT',
    ...recipeLines(os, partsOf(facts, answers)),
    '',
  ].join('\n')
}

/** What a person still has to say, with lines from 1. */
export function openQuestions(text: string): readonly { readonly line: number; readonly question: string }[] {
  return text.split('\n').flatMap((line, index) => {
    const question = /^\s*# TODO: (.*)$/.exec(line)?.[1]
    return question === undefined ? [] : [{ line: index + 1, question }]
  })
}

function partsOf(facts: UpdateFacts, answers: UpdateAnswers): Readonly<Record<string, Part>> {
  const { kind, os } = answers
  switch (kind) {
    case 'driver':
    case 'msi':
      return {}
    case 'msu':
    case 'cab':
      return {
        verify: {
          question:
            'the package identity that must be Installed (dism /Online /Get-Packages lists it); it is also what removes the update. For a cumulative update the build, too',
          example: { verify: { package: 'Package_for_…', build: '26100.4652' } },
        },
      }
    case 'content':
      return { install: placed(facts, answers) }
    case 'exe':
    case 'script':
      return {
        ...(kind === 'exe' ? { install: setupRun(facts, answers) } : {}),
        verify:
          answers.verify === undefined
            ? {
                question:
                  'what proves that it is installed: a file of the guest, a service, a program that ends with 0',
                example: {
                  verify: { files: [{ path: os === 'windows' ? 'C:\\Program Files\\…' : '/opt/…' }] },
                },
              }
            : { known: { verify: { files: [{ path: answers.verify }] } } },
        rollback: rollbackRun(answers),
      }
    default: {
      const unknown: never = kind
      throw new Error(`no recipe for ${String(unknown)}`)
    }
  }
}

function placed(facts: UpdateFacts, { os, to }: UpdateAnswers): Part {
  const slash = os === 'windows' ? '\\' : '/'
  const target = to ?? (os === 'windows' ? 'C:\\ProgramData\\…' : '/opt/…')
  const folder = target.replace(/[\\/]+$/, '')
  const place = facts.files.map(({ path }) => ({
    file: path,
    to: `${folder}${slash}${path.replaceAll('/', slash)}`,
  }))
  const install = { install: { place } }
  return to === undefined
    ? {
        question: 'where its files go in the guest, and which services read them',
        example: { install: { place, restartServices: ['SERVICE'] } },
      }
    : { known: install }
}

function setupRun(facts: UpdateFacts, answers: UpdateAnswers): Part {
  const [first = facts.files[0]?.path ?? ''] = mainFiles(
    facts.files.map(({ path }) => path),
    'exe',
  )
  const slash = answers.os === 'windows' ? '\\' : '/'
  const program = `\${files}${slash}${(answers.main ?? first).replaceAll('/', slash)}`
  const run = (words: readonly string[]): object => ({ install: { run: [{ program, arguments: words }] } })
  if (answers.arguments !== undefined) return { known: run(answers.arguments) }
  const made =
    facts.setup === undefined
      ? ''
      : `; it was made with ${facts.setup.tool}, whose manual says ${facts.setup.arguments.join(' ')}`
  return {
    question: `the arguments with which it installs without a person${made}`,
    example: run(facts.setup?.arguments ?? ['/quiet']),
  }
}

function rollbackRun({ kind, os, uninstall, uninstallArguments = [] }: UpdateAnswers): Part {
  if (uninstall === undefined) {
    const program = os === 'windows' ? 'C:\\Program Files\\…\\uninstall.exe' : '/bin/sh'
    return {
      question: 'the command that takes it out again',
      example: { rollback: { run: [{ program, arguments: ['…'] }] } },
    }
  }
  const command =
    kind === 'exe'
      ? { program: uninstall, arguments: uninstallArguments }
      : os === 'linux'
        ? { program: '/bin/sh', arguments: [`\${files}/${uninstall}`, ...uninstallArguments] }
        : {
            program: POWERSHELL,
            arguments: [
              ...SCRIPT_FLAGS,
              `\${files}\\${uninstall.replaceAll('/', '\\')}`,
              ...uninstallArguments,
            ],
          }
  return { known: { rollback: { run: [command] } } }
}

function recipeLines(os: OsName, parts: Readonly<Record<string, Part>>): readonly string[] {
  const all = Object.values(parts)
  if (all.length === 0) return []
  const anyKnown = all.some((part) => 'known' in part)
  const head = ['recipes:', `  ${os}:`]
  const body = all.flatMap((part) =>
    'known' in part
      ? indented(part.known)
      : [
          `    # TODO: ${part.question}`,
          ...indented(part.example).map((line) => line.replace('    ', '    # ')),
        ],
  )
  // A key without a value would be an error of its own: where nothing is known yet the whole recipe is a comment.
  return anyKnown ? [...head, ...body] : [...head.map((line) => `# ${line}`), ...body]
}

function indented(value: object): readonly string[] {
  return entry(value)
    .split('\n')
    .map((line) => `    ${line}`)
}

function entry(value: object): string {
  return stringify(value, { lineWidth: 0 }).trimEnd()
}
