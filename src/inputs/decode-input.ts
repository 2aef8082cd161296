/** The text of a file that a person handed in. */
import { decodeUtf8 } from '../kit/utf8.ts'
import { AppError } from '../model/errors.ts'

/**
 * The bytes as text, without a byte order mark.
 * @param what names the sort of file in errors, as "matrix"
 * @throws AppError INPUT_INVALID (user) naming the encoding and the first line that is not UTF-8
 */
export function decodeInput(file: string, what: string, bytes: Buffer): string {
  const decoded = decodeUtf8(bytes)
  if ('text' in decoded) return decoded.text
  const { encoding, line } = decoded
  const found = encoding.startsWith('UTF') ? `${encoding}, not UTF-8` : encoding
  throw new AppError('INPUT_INVALID', 'user', `the ${what} is ${found}`, {
    where: { file, line },
    hint: 'save it as UTF-8; Windows PowerShell’s ">" writes UTF-16: use "| Set-Content -Encoding utf8" instead',
  })
}
