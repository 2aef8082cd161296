/** Names what went wrong between us and the container engine; always the host's fault, never the candidate's. */
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'

const UNREACHABLE =
  /ECONNREFUSED|ENOENT|EACCES|EPERM|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|socket hang up/

/** The HTTP status that the engine answered with; undefined when it did not answer. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { readonly statusCode?: unknown } | null)?.statusCode
  return typeof status === 'number' ? status : undefined
}

/** `what` says what was tried. */
export function engineFault(what: string, error: unknown): AppError {
  if (error instanceof AppError) return error
  const text = oneLine(error instanceof Error ? error.message : String(error), 800)
  if (
    statusOf(error) === undefined &&
    UNREACHABLE.test(`${text} ${(error as { code?: string } | null)?.code ?? ''}`)
  )
    return new AppError('HOST_ENGINE', 'host', `${what}: the container engine does not answer (${text})`, {
      cause: error,
      hint: 'start the engine, or name it by options.engine in lab.yaml or DOCKER_HOST; then resume the run',
    })
  if (statusOf(error) === 404 && /no such image|image not known/i.test(text))
    return new AppError(
      'HOST_RUNNER_IMAGE',
      'host',
      `${what}: the image was removed from the engine (${text})`,
      {
        cause: error,
        hint: 'resume the run: the runner image is built again; pull an image that options.image names',
      },
    )
  const noSpace = /no space left on device/i.test(text)
  return new AppError(noSpace ? 'HOST_DISK_FULL' : 'HOST_CONTAINER', 'host', `${what}: ${text}`, {
    cause: error,
    hint: noSpace
      ? 'free space where the engine keeps its data, then resume the run'
      : 'run "ringzero doctor --lab lab.yaml", then resume the run',
  })
}
