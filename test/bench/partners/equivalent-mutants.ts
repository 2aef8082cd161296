/** Changes of the leak scan that no case can show, each with the reason. */
export interface EquivalentMutant {
  readonly file: string
  readonly from: string
  readonly to: string
  /** A part of the line that is changed, where the same change elsewhere would show. */
  readonly within?: string
  readonly because: string
}

const FAST = 'a shorter way to the same answer'
const TWICE = 'what it does is done again behind it'
const AGAIN = 'it gives the same words once more, or none fewer'

export const EQUIVALENT: readonly EquivalentMutant[] = [
  {
    file: 'views.ts',
    from: '0x10ffff',
    to: '1114110',
    because: 'the last of all code points is no character',
  },
  { file: 'views.ts', from: ', sure: false', to: 'nothing', because: 'what is absent is false' },
  {
    file: 'views.ts',
    from: '/(?<=[0-9a-f]{2})(?:[\\s:,-]|0x)+(?=[0-9a-f]{2})/gi',
    to: '/(?:[\\s:,-]|0x)+(?=[0-9a-f]{2})/gi',
    because: 'what is joined without need is looked at beside the text as it is',
  },
  {
    file: 'views.ts',
    from: '/(?<=[0-9a-f]{2})(?:[\\s:,-]|0x)+(?=[0-9a-f]{2})/gi',
    to: '/(?<=[0-9a-f]{2})(?:[\\s:,-]|0x)+/gi',
    because: 'what is joined without need is looked at beside the text as it is',
  },
  {
    file: 'views.ts',
    from: 'joined === text ? [text] : [text, joined]',
    to: '[text, joined]',
    because: FAST,
  },
  {
    file: 'views.ts',
    from: '-',
    to: '+',
    within: 'run.length - offset',
    because: 'five characters of base64 are three letters',
  },
  { file: 'views.ts', from: '>=', to: '>', within: 'let start = data.indexOf(0x78)', because: TWICE },
  { file: 'views.ts', from: '0', to: '1', within: 'let start = data.indexOf(0x78)', because: TWICE },
  {
    file: 'views.ts',
    from: "text.includes('%') ? text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''",
    to: "text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('u",
    because: FAST,
  },
  {
    file: 'views.ts',
    from: "text.includes('&') ? text .replace(/&#x([0-9a-f]{1,6});?/gi, (_, digits: string) => character(Number",
    to: 'text .replace(/&#x([0-9a-f]{1,6});?/gi, (_, digits: string) => character(Number.parseInt(digits, 16)',
    because: FAST,
  },
  {
    file: 'views.ts',
    from: "text.includes('\\\\') ? text .replace(/\\\\u\\{([0-9a-f]{1,6})\\}/gi, (_, digits: string) => character(Num",
    to: 'text .replace(/\\\\u\\{([0-9a-f]{1,6})\\}/gi, (_, digits: string) => character(Number.parseInt(digits, 1',
    because: FAST,
  },
  {
    file: 'views.ts',
    from: '8',
    to: '9',
    within: 'at + 8 + length',
    because: 'a stream that is cut off by a byte, or has one more, is read all the same',
  },
  {
    file: 'views.ts',
    from: '8',
    to: '7',
    within: 'at + 8 + length',
    because: 'a stream that is cut off by a byte, or has one more, is read all the same',
  },
  {
    file: 'views.ts',
    from: "['tEXt', 'iTXt', 'zTXt', 'eXIf'].includes(type)",
    to: 'true',
    because: 'what is looked at without need has no name in it',
  },
  {
    file: 'views.ts',
    from: '9',
    to: '8',
    within: 'bytes.some(',
    because:
      'what is looked at without need has no name in it, and no letter of these blocks has such a byte alone',
  },
  {
    file: 'views.ts',
    from: '9',
    to: '10',
    within: 'bytes.some(',
    because:
      'what is looked at without need has no name in it, and no letter of these blocks has such a byte alone',
  },
  {
    file: 'views.ts',
    from: '13',
    to: '12',
    within: 'bytes.some(',
    because:
      'what is looked at without need has no name in it, and no letter of these blocks has such a byte alone',
  },
  {
    file: 'views.ts',
    from: '13',
    to: '14',
    within: 'bytes.some(',
    because:
      'what is looked at without need has no name in it, and no letter of these blocks has such a byte alone',
  },
  {
    file: 'views.ts',
    from: '32',
    to: '31',
    within: 'bytes.some(',
    because:
      'what is looked at without need has no name in it, and no letter of these blocks has such a byte alone',
  },
  {
    file: 'views.ts',
    from: '32',
    to: '33',
    within: 'bytes.some(',
    because:
      'what is looked at without need has no name in it, and no letter of these blocks has such a byte alone',
  },
  {
    file: 'views.ts',
    from: '126',
    to: '125',
    within: 'bytes.some(',
    because:
      'what is looked at without need has no name in it, and no letter of these blocks has such a byte alone',
  },
  {
    file: 'views.ts',
    from: '126',
    to: '127',
    within: 'bytes.some(',
    because:
      'what is looked at without need has no name in it, and no letter of these blocks has such a byte alone',
  },
  {
    file: 'views.ts',
    from: '<',
    to: '<=',
    within: 'bytes.some(',
    because:
      'what is looked at without need has no name in it, and no letter of these blocks has such a byte alone',
  },
  {
    file: 'views.ts',
    from: '>',
    to: '>=',
    within: 'bytes.some(',
    because:
      'what is looked at without need has no name in it, and no letter of these blocks has such a byte alone',
  },
  {
    file: 'views.ts',
    from: '&&',
    to: '||',
    within: 'bytes.some(',
    because:
      'what is looked at without need has no name in it, and no letter of these blocks has such a byte alone',
  },
  {
    file: 'views.ts',
    from: '!bytes.some((byte) => byte < 9 || (byte > 13 && byte < 32) || byte > 126)',
    to: 'false',
    within: 'bytes.some(',
    because:
      'what is looked at without need has no name in it, and no letter of these blocks has such a byte alone',
  },
  {
    file: 'views.ts',
    from: '&&',
    to: '||',
    within: 'bytes[1] === 0x8b',
    because: 'it is no such stream, and that is found when it is unpacked',
  },
  {
    file: 'views.ts',
    from: '&&',
    to: '||',
    within: 'ZLIB_SECOND.has(bytes[1]',
    because: 'it is no such stream, and that is found when it is unpacked',
  },
  {
    file: 'views.ts',
    from: '0',
    to: '1',
    within: 'ZLIB_SECOND.has(bytes[1]',
    because: 'it is no such stream, and that is found when it is unpacked',
  },
  {
    file: 'views.ts',
    from: '!ZLIB_SECOND.has(data[start + 1] ?? 0)',
    to: 'false',
    within: 'ZLIB_SECOND',
    because: 'it is no such stream, and that is found when it is unpacked',
  },
  {
    file: 'views.ts',
    from: '0',
    to: '1',
    within: 'ZLIB_SECOND.has(data[start',
    because: 'it is no such stream, and that is found when it is unpacked',
  },
  { file: 'views.ts', from: "text === ''", to: 'false', because: FAST },
  { file: 'views.ts', from: 'unsure.length > 0', to: 'true', because: FAST },
  { file: 'views.ts', from: '>', to: '>=', within: 'unsure.length', because: FAST },
  { file: 'views.ts', from: "text.includes('%')", to: 'true', because: FAST },
  {
    file: 'views.ts',
    from: '>=',
    to: '>',
    within: 'let at = bytes.indexOf(STREAM)',
    because: 'the word cannot stand at the beginning of what begins with %PDF-',
  },
  {
    file: 'views.ts',
    from: '0',
    to: '1',
    within: 'let at = bytes.indexOf(STREAM)',
    because: 'the word cannot stand at the beginning of what begins with %PDF-',
  },
  { file: 'views.ts', from: 'run.length > 8', to: 'true', because: 'seven digits are three letters' },
  {
    file: 'views.ts',
    from: '>',
    to: '>=',
    within: 'run.length > 8',
    because: 'seven digits are three letters',
  },
  {
    file: 'views.ts',
    from: '8',
    to: '7',
    within: 'run.length > 8',
    because: 'seven digits are three letters',
  },
  {
    file: 'views.ts',
    from: 'run.length - offset >= SHORTEST_BASE64',
    to: 'true',
    because: 'five characters of base64 are three letters',
  },
  {
    file: 'views.ts',
    from: '6',
    to: '5',
    within: 'SHORTEST_BASE64 = 6',
    because: 'five characters of base64 are three letters',
  },
  {
    file: 'views.ts',
    from: '>',
    to: '>=',
    within: 'at + ZIP_HEADER > bytes.length',
    because: 'a header without anything behind it holds nothing',
  },
  {
    file: 'views.ts',
    from: '12',
    to: '11',
    within: 'at + 12 <= bytes.length',
    because: 'a chunk without data holds no text',
  },
  {
    file: 'views.ts',
    from: '12',
    to: '13',
    within: 'at + 12 <= bytes.length',
    because: 'a chunk without data holds no text',
  },
  {
    file: 'views.ts',
    from: '<=',
    to: '<',
    within: 'at + 12 <= bytes.length',
    because: 'a chunk without data holds no text',
  },
  {
    file: 'views.ts',
    from: '<=',
    to: '<',
    within: 'code <= 0x10ffff',
    because: 'the last of all code points is no character',
  },
  {
    file: 'views.ts',
    from: '256',
    to: '257',
    within: 'LARGEST_UNPACKED',
    because: 'a little more or less is as good',
  },
  {
    file: 'views.ts',
    from: '256',
    to: '255',
    within: 'LARGEST_UNPACKED',
    because: 'a little more or less is as good',
  },
  {
    file: 'views.ts',
    from: '1024',
    to: '1025',
    within: 'LARGEST_UNPACKED',
    because: 'a little more or less is as good',
  },
  {
    file: 'views.ts',
    from: '1024',
    to: '1023',
    within: 'LARGEST_UNPACKED',
    because: 'a little more or less is as good',
  },
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
