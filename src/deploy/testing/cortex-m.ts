import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A Cortex-M3 board that qemu has: 4 MB at 0 for code, 4 MB at 0x20000000 for data. */
const linkerScript = `MEMORY { code (rx) : ORIGIN = 0, LENGTH = 4M  ram (rwx) : ORIGIN = 0x20000000, LENGTH = 4M }
ENTRY(reset)
SECTIONS {
  .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) *(.init) *(.fini) } > code
  .ARM.exidx : { *(.ARM.exidx*) } > code
  .data : { *(.data*) } > ram
  .bss : { __bss_start__ = .; *(.bss*) *(COMMON) __bss_end__ = .; } > ram
  . = ALIGN(8);
  end = .;
  __end__ = .;
}
`

const startText = `extern void _start(void);
void reset(void) { _start(); }
__attribute__((section(".vectors"), used)) void *const vectors[] = {(void *)0x20400000, (void *)reset};
`

const flags = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-Os', '-mcpu=cortex-m3', '-mthumb', '-ffunction-sections']

/** Builds net.c and a main of the folder for a Cortex-M3, runs them in qemu, and gives what they print and their code's size. */
export function onCortexM(folder: string, main: string): { output: string; codeBytes: number } {
  writeFileSync(join(folder, 'board.ld'), linkerScript)
  writeFileSync(join(folder, 'start.c'), startText)
  writeFileSync(join(folder, 'main.c'), main)
  const run = (program: string, args: readonly string[]) => execFileSync(program, args, { cwd: folder }).toString()
  run('arm-none-eabi-gcc', [...flags, '-c', 'net.c', '-o', 'net.o'])
  const sources = ['net.o', 'main.c', 'start.c', '-T', 'board.ld', '-lm']
  run('arm-none-eabi-gcc', [...flags, '--specs=rdimon.specs', ...sources, '-o', 'net.elf'])
  const sizes = run('arm-none-eabi-size', ['net.o']).split('\n')[1].trim().split(/\s+/)
  const board = ['-M', 'mps2-an385', '-display', 'none', '-monitor', 'none', '-serial', 'none', '-semihosting']
  return { output: run('qemu-system-arm', [...board, '-kernel', 'net.elf']), codeBytes: Number(sizes[0]) }
}
