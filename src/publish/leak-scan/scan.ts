/** Looks for names of a run in the files of a bundle, in whatever way they are written. */
import AhoCorasick from 'modern-ahocorasick'
import { normalForms, squeezed, wordsOf } from './normal-form.ts'
import { UnseenError, viewsOf, type View, type ViewOptions } from './views.ts'

/** What must not be in a bundle. */
export interface ForbiddenNames {
  /** Looked for everywhere, within words, too: name → what it is, as `title of a product`. */
  readonly names: ReadonlyMap<string, string>
  /** Looked for as whole words: names that may be ordinary words. */
  readonly words: ReadonlyMap<string, string>
}

export interface ScannedFile {
  readonly path: string
  readonly bytes: Uint8Array
  /** Text of ours that is the same in every bundle, as the program of the page; it is left out if the file has it exactly. */
  readonly constant?: readonly string[]
}

export interface Leak {
  readonly path: string
  readonly name: string
  /** What the name is. */
  readonly what: string
  /** `base64 in gzip`; empty: it stands there as it is. */
  readonly hidden: string
  /** Some characters around it. */
  readonly around: string
}

/** Shorter names stand within other words by chance. */
const SHORTEST_WITHIN = 5
/** The same for names without their spaces and signs. */
const SHORTEST_SQUEEZED = 8
/** Shorter words say nothing. */
const SHORTEST_WORD = 4
/** In bytes that may be no text at all. */
const SHORTEST_UNSURE = 8

/** Every place where a name stands; at most one a name and file. */
export function findLeaks(
  files: readonly ScannedFile[],
  forbidden: ForbiddenNames,
  options: ViewOptions = {},
): Leak[] {
  const matcher = matcherOf(forbidden)
  return files.flatMap((file) => {
    const found = new Map<string, Leak>()
    const note = (hit: Hit, view: View): void => {
      if (found.has(hit.name)) return
      found.set(hit.name, { path: file.path, ...hit, hidden: view.hidden.toReversed().join(' in ') })
    }
    // The name of a file is a part of the bundle, too.
    try {
      for (const bytes of [Buffer.from(file.path), withoutConstant(file)])
        for (const view of viewsOf(bytes, options)) for (const hit of matcher(view)) note(hit, view)
    } catch (error) {
      if (!(error instanceof UnseenError)) throw error
      return [...found.values(), { path: file.path, ...UNSEEN_LEAK }]
    }
    return [...found.values()]
  })
}

/** What nobody has looked at is not handed over. */
const UNSEEN_LEAK = {
  name: 'packed data',
  what: 'it unpacks to more than can be looked through',
  hidden: '',
  around: '',
} as const

interface Hit {
  readonly name: string
  readonly what: string
  readonly around: string
}

interface Needle {
  readonly name: string
  readonly what: string
}

function matcherOf({ names, words }: ForbiddenNames): (view: View) => Iterable<Hit> {
  const within = new Map<string, Needle>()
  const joined = new Map<string, Needle>()
  const whole = new Map<string, Needle>()
  for (const [name, what] of names)
    for (const form of normalForms(name)) {
      const needle = { name, what }
      if (form.length >= SHORTEST_WITHIN) within.set(form, needle)
      else whole.set(form, needle)
      const short = squeezed(form)
      if (short !== form && short.length >= SHORTEST_SQUEEZED) joined.set(short, needle)
      else if (form.length >= SHORTEST_SQUEEZED) joined.set(form, needle)
    }
  for (const [name, what] of words)
    for (const form of normalForms(name))
      if (form.length >= SHORTEST_WORD && !whole.has(form)) whole.set(form, { name, what })
  const searches = [searcher(within), searcher(joined)] as const
  return function* ({ text, sure }) {
    const shortest = sure ? 0 : SHORTEST_UNSURE
    for (const form of normalForms(text)) {
      yield* searches[0](form, shortest)
      yield* searches[1](squeezed(form), shortest)
    }
    for (const word of wordsOf(text)) {
      if (word.length < Math.max(2, shortest)) continue
      for (const form of normalForms(word)) {
        const needle = whole.get(form)
        if (needle !== undefined) yield { ...needle, around: around(text, text.indexOf(word), word.length) }
      }
    }
  }
}

function searcher(needles: ReadonlyMap<string, Needle>): (text: string, shortest: number) => Iterable<Hit> {
  if (needles.size === 0) return () => []
  const machine = new AhoCorasick([...needles.keys()])
  return function* (text, shortest) {
    if (!machine.match(text)) return
    for (const { pattern, start } of machine.iterate(text)) {
      const needle = needles.get(pattern)
      if (needle !== undefined && pattern.length >= shortest)
        yield { ...needle, around: around(text, start, pattern.length) }
    }
  }
}

function around(text: string, start: number, length: number): string {
  return text.slice(Math.max(0, start - 20), start + length + 20).replace(/\s+/g, ' ')
}

function withoutConstant({ bytes, constant = [] }: ScannedFile): Uint8Array {
  if (constant.length === 0) return bytes
  let text = Buffer.from(bytes).toString('utf8')
  for (const part of constant) text = text.replace(part, ' ')
  return Buffer.from(text)
}
