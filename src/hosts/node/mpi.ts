import { ResourceError } from '../../base/index.ts'
import type { Ranks } from '../../train/index.ts'
import { type Koffi, type KoffiLibrary, loadKoffi } from './koffi.ts'

/** Variables of the environment by which a launcher tells its processes what they are. */
export type Environment = { readonly [name: string]: string | undefined }

/** An implementation of MPI: its library, and how its C interface names what calls take. */
interface Implementation {
  readonly name: string
  /** File names, the likeliest first. */
  readonly libraries: readonly string[]
  /** Where its launcher tells the number of processes, and how many of them are on this machine. */
  readonly sizeVariable: string
  readonly localVariable: string
  /** The C type of communicators, data types and operations. */
  readonly handle: 'void *' | 'int'
  readonly inPlace: bigint
  handles(library: KoffiLibrary, koffi: Koffi): Handles
}

type Handle = bigint | number

interface Handles {
  readonly world: Handle
  readonly float: Handle
  readonly double: Handle
  readonly byte: Handle
  readonly sum: Handle
}

/** Open MPI, 4 and 5: handles are addresses of the library's own objects. */
const openMpi: Implementation = {
  name: 'Open MPI',
  libraries: ['libmpi.so.40', 'libmpi.so', 'libmpi.40.dylib', 'libmpi.dylib'],
  sizeVariable: 'OMPI_COMM_WORLD_SIZE',
  localVariable: 'OMPI_COMM_WORLD_LOCAL_SIZE',
  handle: 'void *',
  inPlace: 1n,
  handles: (library, koffi) => {
    const address = (name: string) => koffi.address(library.symbol(name, 'char'))
    return {
      world: address('ompi_mpi_comm_world'),
      float: address('ompi_mpi_float'),
      double: address('ompi_mpi_double'),
      byte: address('ompi_mpi_byte'),
      sum: address('ompi_mpi_op_sum'),
    }
  },
}

/** MPICH, and all that share its binary interface (Intel MPI, MVAPICH, Cray MPICH): handles are numbers. */
const mpich: Implementation = {
  name: 'MPICH',
  libraries: ['libmpich.so.12', 'libmpi.so.12', 'libmpich.so', 'libmpi.so', 'libmpi.12.dylib'],
  sizeVariable: 'PMI_SIZE',
  localVariable: 'MPI_LOCALNRANKS',
  handle: 'int',
  inPlace: 0xffffffffffffffffn,
  handles: () => ({
    world: 0x44000000,
    float: 0x4c00040a,
    double: 0x4c00080b,
    byte: 0x4c00010d,
    sum: 0x58000003,
  }),
}

const implementations = [openMpi, mpich]

/** What MPI calls a thread that alone makes all its calls. */
const funneled = 1

/** Room for the name of a host. */
const hostBytes = 256

/** Whose launcher started this process as one of several. */
function launchedBy(env: Environment): Implementation | undefined {
  return implementations.find(({ sizeVariable }) => Number(env[sizeVariable]) > 0)
}

/**
 * The ranks of the MPI job that this process is part of; null where no launcher of MPI started it.
 * @param wanted whether it must be part of one, though it be the only process of it
 * @throws ResourceError where the library of MPI, or the package koffi, is not here
 */
export function mpiRanks(env: Environment, wanted: boolean): Ranks | null {
  const found = launchedBy(env)
  if (!wanted && !(found && Number(env[found.sizeVariable]) > 1)) return null
  const koffi = loadKoffi()
  if (!koffi) {
    throw new ResourceError({
      what: 'training over MPI needs the package koffi, which calls its library',
      got: 'no such package',
      next: 'Run npm install koffi.',
    })
  }
  return start(koffi, found ? [found] : implementations)
}

/** Threads for one rank: its own cores where the launcher bound it to some, else its part of the machine's. */
export function threadsOfRank(env: Environment): number {
  const os = process.getBuiltinModule('node:os')
  const found = launchedBy(env)
  const here = Number(found && env[found.localVariable]) || 1
  const allowed = os.availableParallelism()
  return allowed < os.cpus().length ? allowed : Math.max(1, Math.floor(allowed / here))
}

function start(koffi: Koffi, candidates: readonly Implementation[]): Ranks {
  const { implementation, library } = open(koffi, candidates)
  const { handle } = implementation
  const call = (declaration: string) => library.func(declaration)
  const mpi = {
    init: call('int MPI_Init_thread(void *, void *, int, _Out_ int *)'),
    rank: call(`int MPI_Comm_rank(${handle}, _Out_ int *)`),
    size: call(`int MPI_Comm_size(${handle}, _Out_ int *)`),
    version: call('int MPI_Get_library_version(char *, _Out_ int *)'),
    allreduce: call(`int MPI_Allreduce(void *, void *, int, ${handle}, ${handle}, ${handle})`),
    allgather: call(`int MPI_Allgather(void *, int, ${handle}, void *, int, ${handle}, ${handle})`),
    broadcast: call(`int MPI_Bcast(void *, int, ${handle}, int, ${handle})`),
    finalize: call('int MPI_Finalize()'),
    abort: call(`int MPI_Abort(${handle}, int)`),
  }
  mpi.init(null, null, funneled, [0])
  const of = implementation.handles(library, koffi)
  const number = (ask: (...args: unknown[]) => unknown) => {
    const out = [0]
    ask(of.world, out)
    return out[0]
  }
  const [rank, size] = [number(mpi.rank), number(mpi.size)]
  const inPlace = implementation.inPlace
  let ended = false
  return {
    rank,
    size,
    engine: versionText(mpi.version) || implementation.name,
    hosts: hostsOf(size, (own, all) => mpi.allgather(own, hostBytes, of.byte, all, hostBytes, of.byte, of.world)),
    sum(values) {
      const kind = values instanceof Float32Array ? of.float : of.double
      mpi.allreduce(inPlace, values, values.length, kind, of.sum, of.world)
    },
    broadcast(bytes) {
      const length = Float64Array.of(bytes ? bytes.length : -1)
      mpi.broadcast(length, 1, of.double, 0, of.world)
      if (length[0] < 0) return undefined
      const all = rank === 0 && bytes ? bytes : new Uint8Array(length[0])
      mpi.broadcast(all, all.length, of.byte, 0, of.world)
      return all
    },
    close(failed = false) {
      if (ended) return
      ended = true
      if (failed) mpi.abort(of.world, 1)
      else mpi.finalize()
    },
  }
}

function open(koffi: Koffi, candidates: readonly Implementation[]) {
  const faults: string[] = []
  for (const implementation of candidates) {
    for (const name of implementation.libraries) {
      try {
        // Its parts look for each other among what the process has loaded.
        return { implementation, library: koffi.load(name, { global: true }) }
      } catch (error) {
        faults.push((error as Error).message)
      }
    }
  }
  throw new ResourceError({
    what: `no library of ${candidates.map(({ name }) => name).join(' or ')} can be loaded`,
    got: faults[0],
    next:
      'Install it: on Debian and Ubuntu openmpi-bin and libopenmpi-dev, or mpich; on a cluster often by "module load". ' +
      'It must be the one that mpirun belongs to.',
  })
}

/** The first line of what the library says of itself. */
function versionText(version: (...args: unknown[]) => unknown): string {
  const text = new Uint8Array(8192)
  const length = [0]
  version(text, length)
  const whole = new TextDecoder().decode(text.subarray(0, length[0]))
  return whole
    .split(/[\n,\0]/)[0]
    .replaceAll('\t', ' ')
    .trim()
}

function hostsOf(size: number, gather: (own: Uint8Array, all: Uint8Array) => unknown): string[] {
  const own = new Uint8Array(hostBytes)
  new TextEncoder().encodeInto(process.getBuiltinModule('node:os').hostname(), own.subarray(0, hostBytes - 1))
  const all = new Uint8Array(size * hostBytes)
  gather(own, all)
  return Array.from({ length: size }, (_, i) => {
    const name = all.subarray(i * hostBytes, (i + 1) * hostBytes)
    return new TextDecoder().decode(name.subarray(0, name.indexOf(0)))
  })
}
