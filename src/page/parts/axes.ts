/** Titles of axes and values, for every part of a page. */
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'

export interface PageAxis {
  readonly id: string
  readonly title?: string | undefined
  readonly values: readonly { readonly id: string; readonly title?: string | undefined }[]
}

export class Axes {
  readonly list: readonly PageAxis[]
  readonly #titles: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly #names: ReadonlyMap<string, string>

  constructor(list: readonly PageAxis[]) {
    this.list = list
    this.#names = new Map(list.map(({ id, title }) => [id, title ?? id]))
    this.#titles = new Map(
      list.map(({ id, values }) => [id, new Map(values.map((value) => [value.id, value.title ?? value.id]))]),
    )
  }

  title(axis: string): string {
    return this.#names.get(axis) ?? axis
  }

  value(axis: string, value: string | undefined): string {
    return this.#titles.get(axis)?.get(value ?? '') ?? value ?? '–'
  }
}

export const AxesContext = createContext(new Axes([]))

/** The axes of the page that this part belongs to. */
export function useAxes(): Axes {
  return useContext(AxesContext)
}
