/** Which names a run holds that one partner must not see: all that a lab, a candidate or a guest wrote, but what he may. */
import type { Matrix } from '../../model/matrix.ts'
import type { PartnerReport } from '../../model/partner-report.ts'
import type { Partner } from '../../model/partners.ts'
import type { Plan } from '../../model/plan.ts'
import { normalForms, wordsOf } from './normal-form.ts'
import type { ForbiddenNames } from './scan.ts'

export interface KnownNames {
  readonly plan: Plan
  readonly matrix: Matrix
  /** Values that no partner may see. */
  readonly secrets: readonly string[]
  /** Words that stand in every bundle, whatever the run. */
  readonly vocabulary: ReadonlySet<string>
  /** Names of partners.yaml that give nothing away. */
  readonly notSecret: readonly string[]
  /** Names of the other partners. */
  readonly others: readonly string[]
}

export interface NameCollector {
  /** Takes all texts of a part of the run, keys included: its report, its inputs, each event. */
  add(document: unknown): void
  readonly forbidden: ForbiddenNames
}

/** Names that are told by their form, wherever they stand, and what they are. */
const SHAPES: readonly (readonly [string, RegExp])[] = [
  ['GUID', /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi],
  // Whoever writes a part of a hash gives it away, too: pages show the first twelve digits.
  ['hash', /\b[0-9a-f]{12}(?=[0-9a-f]{8,}\b)/gi],
  [
    'file',
    /[\p{L}\p{N}_$~-][\p{L}\p{N}_.$~-]*\.(?:sys|dll|exe|msi|msp|cat|inf|drv|ocx|cpl|scr|efi|ko|so|bin|dat|cab|com|service)\b/giu,
  ],
  ['account', /\b[\p{L}\p{N}_.-]{2,}\\[\p{L}\p{N}_.$ -]{2,}\b/gu],
  ['address', /\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/g],
  ['folder', /(?<=[\\/](?:Program Files(?: \(x86\))?|ProgramData|Users|opt|home)[\\/])[^\\/"]{3,60}/gi],
  ['altitude', /\b[1-4]\d{5}(?:\.\d{1,6})?\b/g],
]
/** Texts are cut: what a guest prints for pages has its names at its beginning, too. */
const LONGEST_TEXT = 20_000
const SHORTEST_WORD = 4
/** Words that are only digits count things. */
const NUMBER = /^[\d.+-]*$/

/** `shown`: the report for this partner, whose own texts are allowed. */
export function collectNames(known: KnownNames, partner: Partner, shown: PartnerReport): NameCollector {
  const { notSecret, vocabulary } = known
  // That an axis is shown makes no product of somebody else the partner's to see.
  const own = new Set(ownTexts(partner, shown, notSecret).flatMap(normalForms))
  const allowed = new Set([...own, ...shownTexts(shown).flatMap(normalForms)])
  const allowedWords = new Set(
    [...ownTexts(partner, shown, notSecret), ...shownTexts(shown)].flatMap((text) =>
      [...wordsOf(text)].flatMap(normalForms),
    ),
  )
  const names = new Map<string, string>()
  const words = new Map<string, string>()
  const seen = new Set<string>()
  const addName = (name: string | undefined, what: string, but: ReadonlySet<string>): void => {
    if (name !== undefined && name.length > 1 && !normalForms(name).some((form) => but.has(form)))
      names.set(name, what)
  }
  const addWord = (word: string): void => {
    if (word.length < SHORTEST_WORD || NUMBER.test(word)) return
    const forms = normalForms(word)
    if (!forms.some((form) => vocabulary.has(form) || allowedWords.has(form))) words.set(word, RUN_WORD)
  }
  for (const [name, what] of productNames(known, partner)) addName(name, what, own)
  for (const name of known.others) addName(name, 'name of another partner', own)
  for (const secret of known.secrets) names.set(secret, 'secret')
  return {
    forbidden: { names, words },
    add(document) {
      for (const text of textsIn(document, seen)) {
        for (const [what, shape] of SHAPES)
          for (const [name] of text.matchAll(shape)) addName(name, what, allowed)
        for (const word of wordsOf(text)) addWord(word)
      }
    },
  }
}

const RUN_WORD = 'word that a lab, a candidate or a guest wrote'

function* productNames(
  { plan, matrix }: KnownNames,
  partner: Partner,
): Generator<readonly [string | undefined, string]> {
  const foreign = (id: string): boolean => !partner.products.includes(id)
  for (const product of plan.products ?? []) {
    if (!foreign(product.id)) continue
    yield [product.id, 'id of a product of somebody else']
    yield [product.title, 'title of a product of somebody else']
    yield [product.vendor, 'vendor of a product of somebody else']
  }
  for (const { products } of plan.cells)
    for (const id of products) yield [id, 'id of a product of somebody else']
  for (const axis of Object.values(matrix.axes))
    for (const value of axis.values) {
      const others = (value.products ?? []).filter(foreign)
      for (const id of others) yield [id, 'id of a product of somebody else']
      if (others.length === 0) continue
      yield [value.id, 'value that stands for a product of somebody else']
      yield [value.title, 'value that stands for a product of somebody else']
      for (const alias of value.aliases ?? [])
        yield [alias, 'value that stands for a product of somebody else']
    }
}

/** Names that are the partner's own, or belong to no vendor. */
function ownTexts(partner: Partner, { products }: PartnerReport, notSecret: readonly string[]): string[] {
  const { name, title, contact, method = '', names = [], show = {} } = partner
  return [
    ...notSecret,
    name,
    title,
    contact,
    method,
    ...partner.products,
    ...names,
    ...(show.checks ?? []),
    ...(show.evidence ?? []),
    ...products.map((product) => product.title),
  ]
}

/** Texts that the allow-list took from the run, or that were written for this report. */
function shownTexts({
  publisher,
  candidate,
  tool,
  products,
  axes,
  cells,
  reason = '',
}: PartnerReport): string[] {
  return [
    publisher,
    candidate.title,
    candidate.release,
    candidate.kind,
    candidate.sha256,
    candidate.sha256.slice(0, 12),
    tool.version,
    reason,
    ...cells.flatMap(({ evidence }) => evidence.flatMap((file) => [file.sha256, file.sha256.slice(0, 12)])),
    // A class of products, where it is told in the place of a name.
    ...cells.flatMap(({ others }) => others),
    ...cells.flatMap(({ recipe }) => [...textsIn(recipe, new Set())]),
    ...products.map(({ release }) => release),
    ...axes.flatMap(({ id, title, values }) => [
      id,
      title,
      ...values.flatMap((value) => [value.id, value.title]),
    ]),
  ]
}

/** Every text in a value, names of its members included, that is not in `seen`. */
function* textsIn(document: unknown, seen: Set<string>): Generator<string> {
  const waiting: unknown[] = [document]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value === 'string') {
      const text = value.slice(0, LONGEST_TEXT)
      if (seen.has(text)) continue
      seen.add(text)
      yield text
    } else if (typeof value === 'object' && value !== null)
      for (const [key, member] of Object.entries(value)) {
        waiting.push(member)
        if (!Array.isArray(value)) waiting.push(key)
      }
  }
}
