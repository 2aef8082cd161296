/** What `ringzero init` has to know of a person, one question at a time; what the files say is not asked. */
import type { OsName } from '../model/recipe.ts'
import { mainFiles, type CandidateKind, type UpdateFacts } from '../inputs/update/update-facts.ts'

/** CI systems that `init` writes files for. */
export const CI_SYSTEMS = ['github', 'azure', 'gitlab', 'jenkins'] as const
export type CiSystem = (typeof CI_SYSTEMS)[number]

/** Policies that ship in fixtures/policies. */
export const POLICIES = ['default', 'security-content', 'monthly-driver', 'major-release'] as const
export type PolicyName = (typeof POLICIES)[number]

/** By the name of the flag that says the same. */
export interface InitAnswers {
  readonly kind?: CandidateKind | undefined
  readonly main?: string | undefined
  readonly guest?: OsName | undefined
  readonly id?: string | undefined
  readonly release?: string | undefined
  readonly to?: string | undefined
  readonly argument?: readonly string[] | undefined
  readonly verify?: string | undefined
  readonly uninstall?: string | undefined
  readonly policy?: PolicyName | undefined
  readonly ci?: CiSystem | 'none' | undefined
}

export interface Question {
  readonly id: keyof InitAnswers
  readonly message: string
  /** The answer is one of these; absent: a text. */
  readonly choices?: readonly string[]
  /** Offered, and taken by the return key. */
  readonly proposal?: string
  /** Without an answer nothing can be written; the others become a TODO in candidate.yaml, or their default. */
  readonly required: boolean
}

const WINDOWS_KINDS: ReadonlySet<CandidateKind> = new Set(['driver', 'msi', 'exe', 'msu', 'cab'])

/** The kind that the files or the person leave no doubt about. */
export function knownKind(facts: UpdateFacts, answers: InitAnswers): CandidateKind | undefined {
  return answers.kind ?? (facts.kinds.length === 1 ? facts.kinds[0] : undefined)
}

/** The guests that the update is for: said, or the only ones that its kind or its script can run in. */
export function knownGuest(facts: UpdateFacts, answers: InitAnswers): OsName | undefined {
  if (answers.guest !== undefined) return answers.guest
  const kind = knownKind(facts, answers)
  if (kind === undefined) return undefined
  if (WINDOWS_KINDS.has(kind)) return 'windows'
  const main = answers.main ?? onlyMain(facts, kind)
  if (kind !== 'script' || main === undefined) return undefined
  return main.toLowerCase().endsWith('.ps1') ? 'windows' : 'linux'
}

/** What is asked next; undefined when nothing is left. `answers` has the text '' for what a person left open. */
export function nextQuestion(facts: UpdateFacts, answers: InitAnswers): Question | undefined {
  return questionsOf(facts, answers).find(({ id }) => answers[id] === undefined)
}

/** Questions whose answer nothing can do without. */
export function requiredQuestions(facts: UpdateFacts, answers: InitAnswers): readonly Question[] {
  return questionsOf(facts, answers).filter(({ id, required }) => required && answers[id] === undefined)
}

function questionsOf(facts: UpdateFacts, answers: InitAnswers): readonly Question[] {
  const kind = knownKind(facts, answers)
  if (kind === undefined)
    return [{ id: 'kind', message: 'What installs the update?', choices: facts.kinds, required: true }]
  const mains = mainFiles(
    facts.files.map(({ path }) => path),
    kind,
  )
  if (kind !== 'content' && mains.length > 1 && answers.main === undefined)
    return [{ id: 'main', message: 'Which file installs it?', choices: mains, required: true }]
  const guest = knownGuest(facts, answers)
  if (guest === undefined)
    return [
      { id: 'guest', message: 'Which guests is it for?', choices: ['windows', 'linux'], required: true },
    ]
  const open = (id: keyof InitAnswers, message: string, proposal?: string): Question => ({
    id,
    message: `${message} (empty: to be filled in later)`,
    required: false,
    ...(proposal === undefined ? {} : { proposal }),
  })
  return [
    ...(facts.release === undefined ? [open('release', 'Version of the update')] : []),
    ...(kind === 'content' ? [open('to', 'Folder of the guest that its files go to')] : []),
    ...(kind === 'exe'
      ? [
          open(
            'argument',
            'Arguments with which it installs without a person',
            facts.setup?.arguments.join(' '),
          ),
        ]
      : []),
    ...(kind === 'exe' || kind === 'script'
      ? [
          open('verify', 'A file of the guest that is there once it is installed'),
          open(
            'uninstall',
            kind === 'exe'
              ? 'Program of the guest that takes it out again'
              : 'Its file that takes it out again',
          ),
        ]
      : []),
    {
      id: 'policy',
      message: 'What may be released?',
      choices: POLICIES,
      proposal: 'default',
      required: false,
    },
    {
      id: 'ci',
      message: 'Which CI runs it?',
      choices: ['none', ...CI_SYSTEMS],
      proposal: 'none',
      required: false,
    },
  ]
}

function onlyMain(facts: UpdateFacts, kind: CandidateKind): string | undefined {
  const mains = mainFiles(
    facts.files.map(({ path }) => path),
    kind,
  )
  return mains.length === 1 ? mains[0] : undefined
}
