/** Loaded before a program: its clock is wrong by RINGZERO_TEST_CLOCK_MS, and jumps back by twice as much at each SIGUSR2. */
const now = Date.now.bind(Date)
let offset = Number(process.env['RINGZERO_TEST_CLOCK_MS'] ?? 0)
const step = offset * 2
Date.now = () => now() + offset
process.on('SIGUSR2', () => {
  offset -= step
})
