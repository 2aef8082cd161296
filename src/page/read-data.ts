/** The page's data as JSON text, which the writer of the page put beside the script. */
export function readData(): string {
  return document.getElementById('data')?.textContent ?? ''
}
