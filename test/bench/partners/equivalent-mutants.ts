/** Changes of the leak scan that no case can show, each with the reason. */
export interface EquivalentMutant {
  readonly file: string
  readonly from: string
  readonly to: string
  readonly because: string
}

const FAST = 'a shorter way to the same answer'
const TWICE = 'what it does is done again behind it'
const AGAIN = 'it gives the same words once more, or none fewer'

export const EQUIVALENT: readonly EquivalentMutant[] = [
  { file: 'run-names.ts', from: 'seen.has(text)', to: 'false', because: FAST },
  { file: 'run-names.ts', from: 'seen.add(text)', to: ';', because: FAST },
  {
    file: 'run-names.ts',
    from: '!Array.isArray(value)',
    to: 'true',
    because: 'places in a list are numbers, which are no names',
  },
  { file: 'scan.ts', from: '0', to: '1', because: 'no name of that length is looked for' },
  { file: 'scan.ts', from: 'needles.size === 0', to: 'false', because: FAST },
  { file: 'scan.ts', from: '!machine.match(text)', to: 'false', because: FAST },
  { file: 'normal-form.ts', from: '0', to: '1', because: 'a text that was matched has a first letter' },
  { file: 'normal-form.ts', from: '/^[\\0-\\x7f]*$/', to: '/^[7f]*$/', because: FAST },
  { file: 'normal-form.ts', from: 'ASCII.test(text)', to: 'false', because: FAST },
  {
    file: 'normal-form.ts',
    from: "text .normalize('NFKD') .replace(UNSEEN, '')",
    to: "text .normalize('NFKD')",
    because: TWICE,
  },
  { file: 'normal-form.ts', from: "text .normalize('NFKD')", to: 'text', because: TWICE },
  {
    file: 'normal-form.ts',
    from: "unhomoglyph(form).normalize('NFKD')",
    to: 'unhomoglyph(form)',
    because: TWICE,
  },
  {
    file: 'normal-form.ts',
    from: "ASCII.test(text) ? text : text.normalize('NFKD').replace(UNSEEN, '')",
    to: "text.normalize('NFKD').replace(UNSEEN, '')",
    because: FAST,
  },
  { file: 'normal-form.ts', from: "text.normalize('NFKD')", to: 'text', because: TWICE },
  { file: 'normal-form.ts', from: 'parts.length > 1', to: 'true', because: AGAIN },
  { file: 'normal-form.ts', from: '>', to: '>=', because: AGAIN },
  { file: 'normal-form.ts', from: '1', to: '0', because: AGAIN },
]
