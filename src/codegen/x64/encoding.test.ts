import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Random } from '../../base/index.ts'
import { Assembler, type Encoding, length128, length256, length512, type Memory, type Opcode } from './assembler.ts'
import { avx2Opcodes, avx512Opcodes, binaryRules, loads, opcodes, unaryOpcodes } from './instructions.ts'

/** What an independent disassembler reads in the bytes that we write: names, registers and addresses of instructions. */
const objdump = spawnSync('objdump', ['--version']).status === 0

/** Instructions whose three operands are vectors of one length, the last perhaps in memory. */
const threeOperands: readonly (readonly [Opcode, string])[] = [
  [binaryRules['f32x4.add'].opcode, 'vaddps'],
  [binaryRules['f32x4.mul'].opcode, 'vmulps'],
  [binaryRules['f32x4.sub'].opcode, 'vsubps'],
  [binaryRules['f32x4.div'].opcode, 'vdivps'],
  [binaryRules['f32x4.min'].opcode, 'vminps'],
  [binaryRules['f32x4.max'].opcode, 'vmaxps'],
  [binaryRules['f64x2.add'].opcode, 'vaddpd'],
  [binaryRules['f64x2.mul'].opcode, 'vmulpd'],
  [binaryRules['v128.and'].opcode, 'vandps'],
  [binaryRules['v128.andnot'].opcode, 'vandnps'],
  [binaryRules['v128.or'].opcode, 'vorps'],
  [binaryRules['v128.xor'].opcode, 'vxorps'],
  [binaryRules['i32x4.add'].opcode, 'vpaddd'],
  [binaryRules['i32x4.sub'].opcode, 'vpsubd'],
  [binaryRules['i32x4.mul'].opcode, 'vpmulld'],
  [opcodes.multiplyAdd213, 'vfmadd213ps'],
  [opcodes.multiplyAdd231, 'vfmadd231ps'],
  [opcodes.unpackLowSingle, 'vunpcklps'],
  [opcodes.unpackHighSingle, 'vunpckhps'],
  [opcodes.unpackLowDouble, 'vunpcklpd'],
  [opcodes.unpackHighDouble, 'vunpckhpd'],
]

const twoOperands: readonly (readonly [Opcode, string])[] = [
  [unaryOpcodes['f32x4.sqrt'], 'vsqrtps'],
  [unaryOpcodes['f32x4.fromInteger'], 'vcvtdq2ps'],
  [loads['wide.load'].opcode, 'vmovups'],
  [opcodes.move, 'vmovaps'],
]

const general = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  ...[8, 9, 10, 11, 12, 13, 14, 15].map((i) => `r${i}`),
]
const vectorName = { [length128]: 'xmm', [length256]: 'ymm', [length512]: 'zmm' } as const

/** One instruction a line, as objdump prints it in Intel's order, without spaces. */
function disassembled(code: Uint8Array): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-code-'))
  try {
    writeFileSync(join(folder, 'code'), code)
    const words = ['-D', '-b', 'binary', '-m', 'i386:x86-64', '-M', 'intel', '--no-show-raw-insn', join(folder, 'code')]
    const lines = execFileSync('objdump', words, { encoding: 'utf8' }).split('\n')
    return lines.flatMap((line) => /^\s*[0-9a-f]+:\s+(.*)$/.exec(line)?.[1].replace(/\s*#.*|\{evex\}|\s+/g, '') ?? [])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const hex = (value: number) => `0x${value.toString(16)}`

function addressText({ base, index, displacement, shift = 0 }: Extract<Memory, { kind: 'based' }>): string {
  const scaled = index === null ? '' : `+${general[index]}*${1 << shift}`
  return `[${general[base]}${scaled}${displacement < 0 ? '-' : '+'}${hex(Math.abs(displacement))}]`
}

describe.skipIf(!objdump).each([
  ['vex', [length128, length256], 16],
  ['evex', [length128, length256, length512], 32],
] as const)('%s (skipped where there is no objdump)', (encoding: Encoding, lengths, registers) => {
  const random = new Random(encoding === 'vex' ? 1 : 2)
  const register = () => random.below(registers)
  const place = (): Extract<Memory, { kind: 'based' }> => {
    const indexes = [null, 0, 1, 3, 5, 8, 12, 13, 15]
    const index = indexes[random.below(indexes.length)]
    const displacement = [1, -1, 64, 100, 127, -128, 128, 4096, -70000][random.below(9)]
    return {
      kind: 'based',
      base: [0, 3, 4, 5, 12, 13, 15][random.below(7)],
      index,
      displacement,
      shift: index === null ? 0 : random.below(4),
    }
  }

  it('instructions of three vectors', () => {
    const code = new Assembler(encoding)
    const expected: string[] = []
    for (const [opcode, name] of threeOperands)
      for (const length of lengths)
        for (let i = 0; i < 4; i++) {
          const [to, second, third] = [register(), register(), register()]
          const memory = place()
          const operand = i < 2 ? third : memory
          code.vector(opcode, length, to, second, operand)
          const size = { [length128]: 'XMMWORDPTR', [length256]: 'YMMWORDPTR', [length512]: 'ZMMWORDPTR' }[length]
          const last = i < 2 ? `${vectorName[length]}${third}` : `${size}${addressText(memory)}`
          expected.push(`${name}${vectorName[length]}${to},${vectorName[length]}${second},${last}`)
        }
    expect(disassembled(code.finish())).toEqual(expected)
  })

  it('instructions of two vectors', () => {
    const code = new Assembler(encoding)
    const expected: string[] = []
    for (const [opcode, name] of twoOperands)
      for (const length of lengths)
        for (let i = 0; i < 4; i++) {
          const [to, from] = [register(), register()]
          code.vector(opcode, length, to, 0, from)
          expected.push(`${name}${vectorName[length]}${to},${vectorName[length]}${from}`)
        }
    expect(disassembled(code.finish())).toEqual(expected)
  })
})

it.skipIf(!objdump)('what AVX2 has of its own', () => {
  const code = new Assembler('vex')
  const { vector } = { vector: code.vector.bind(code) }
  const at: Memory = { kind: 'based', base: 15, index: 9, displacement: 32 }
  vector(avx2Opcodes.fromGeneral, length128, 12, 0, 9)
  vector(avx2Opcodes.broadcastLane, length256, 12, 0, 3)
  vector(avx2Opcodes.byteSigns, length128, 10, 0, 13)
  vector(avx2Opcodes.laneSigns, length256, 1, 0, 14)
  vector(avx2Opcodes.loadQuad, length128, 11, 0, at)
  vector(avx2Opcodes.storeQuad, length128, 11, 0, at)
  vector(avx2Opcodes.permute, length256, 8, 12, 2)
  vector(avx2Opcodes.widenSignedBytes, length256, 9, 0, at)
  vector(opcodes.widenBytes, length256, 9, 0, at)
  vector(avx2Opcodes.blendBySign, length256, 1, 2, 3, { immediate: 11 << 4 })
  vector(avx2Opcodes.maskedStore, length256, 5, 14, at)
  vector(avx2Opcodes.packWords, length128, 5, 6, 7)
  vector(avx2Opcodes.packBytes, length128, 5, 6, 15)
  vector(avx2Opcodes.greater, length256, 5, 6, 15)
  vector(opcodes.extractQuarter, length256, 4, 0, 12, { immediate: 1 })
  vector(opcodes.shiftLanes, length256, 6, 3, 9, { immediate: 7 })
  vector(opcodes.shiftWords, length128, 6, 13, 13, { immediate: 5 })
  vector(loads['wide.loadDoubles'].opcode, length256, 2, 0, at)
  vector(loads['wide.loadSplat'].opcode, length256, 2, 0, at)
  vector(loads['wide.loadOne'].opcode, length128, 2, 0, at)
  const where = '[r15+r9*1+0x20]'
  expect(disassembled(code.finish())).toEqual([
    'vmovdxmm12,r9d',
    'vpbroadcastdymm12,xmm3',
    'vpmovmskbr10d,xmm13',
    'vmovmskpsecx,ymm14',
    `vmovqxmm11,QWORDPTR${where}`,
    `vmovqQWORDPTR${where},xmm11`,
    'vpermdymm8,ymm12,ymm2',
    `vpmovsxbdymm9,QWORDPTR${where}`,
    `vpmovzxbdymm9,QWORDPTR${where}`,
    'vblendvpsymm1,ymm2,ymm3,ymm11',
    `vmaskmovpsYMMWORDPTR${where},ymm14,ymm5`,
    'vpackusdwxmm5,xmm6,xmm7',
    'vpackuswbxmm5,xmm6,xmm15',
    'vpcmpgtdymm5,ymm6,ymm15',
    'vextractf128xmm12,ymm4,0x1',
    'vpslldymm3,ymm9,0x7',
    'vpsllwxmm13,xmm13,0x5',
    `vcvtps2pdymm2,XMMWORDPTR${where}`,
    `vbroadcastssymm2,DWORDPTR${where}`,
    `vmovssxmm2,DWORDPTR${where}`,
  ])
})

it.skipIf(!objdump)('what AVX-512 has of its own', () => {
  const code = new Assembler('evex')
  const { vector } = { vector: code.vector.bind(code) }
  vector(avx512Opcodes.broadcastGeneral, length512, 30, 0, 9)
  vector(avx512Opcodes.maskToVector, length512, 17, 0, 1)
  vector(avx512Opcodes.testLanes, length512, 1, 20, 21)
  vector(avx512Opcodes.bytesToMask, length128, 1, 0, 25)
  vector(avx512Opcodes.ternary, length512, 18, 19, 20, { immediate: 0xca })
  vector(avx512Opcodes.blend, length512, 3, 18, 29, { mask: 1 })
  vector(avx512Opcodes.compress, length512, 22, 0, 5, { mask: 1, zero: true })
  vector(avx512Opcodes.expand, length512, 5, 0, 22, { mask: 1, zero: true })
  vector(avx512Opcodes.extractHalf, length512, 22, 0, 5, { immediate: 1 })
  code.opmask(0, 0x92, 1, 9)
  code.opmask(0, 0x93, 9, 1)
  expect(disassembled(code.finish())).toEqual([
    'vpbroadcastdzmm30,r9d',
    'vpmovm2dzmm17,k1',
    'vptestmdk1,zmm20,zmm21',
    'vpmovb2mk1,xmm25',
    'vpternlogdzmm18,zmm19,zmm20,0xca',
    'vblendmpszmm3{k1},zmm18,zmm29',
    'vpcompressdzmm5{k1}{z},zmm22',
    'vpexpanddzmm5{k1}{z},zmm22',
    'vextractf64x4ymm5,zmm22,0x1',
    'kmovwk1,r9d',
    'kmovwr9d,k1',
  ])
})
