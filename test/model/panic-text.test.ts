import { expect, test } from 'vitest'
import { readPanic } from '../../src/model/panic-text.ts'

const TEXT = `[   16.343474] BUG: kernel NULL pointer dereference, address: 0000000000000000
[   16.374121] #PF: supervisor read access in kernel mode
[   16.388926] RIP: 0010:strlen+0x0/0x20
[   16.390475] RAX: 00000000fed8320b RBX: ffff888006a4aee5
[   16.405014] Call Trace:
[   16.405014]  <TASK>
[   16.405014]  sensor_evaluate_template+0x12/0x20 [ringzero_sensor]
[   16.405014]  do_one_initcall+0x56/0x220
[   16.405014]  ? terminate_walk+0x61/0x100
[   16.405014] RIP: 0033:0x47fbe9
[   16.505014] Kernel panic - not syncing: Fatal exception`

test('what died comes first, then the frames from the instruction outwards, then registers and what the kernel doubts', () => {
  const { head, frames, rest } = readPanic(TEXT)
  expect(head).toEqual([
    'BUG: kernel NULL pointer dereference, address: 0000000000000000',
    '#PF: supervisor read access in kernel mode',
    'Kernel panic - not syncing: Fatal exception',
  ])
  expect(frames).toEqual([
    'RIP: 0010:strlen+0x0/0x20',
    'sensor_evaluate_template+0x12/0x20 [ringzero_sensor]',
    'do_one_initcall+0x56/0x220',
  ])
  expect(rest).toEqual([
    'RAX: 00000000fed8320b RBX: ffff888006a4aee5',
    '? terminate_walk+0x61/0x100',
    'RIP: 0033:0x47fbe9',
  ])
})
