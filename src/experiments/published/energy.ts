import type { PublishedDataset } from './firing-rates.ts'

/** A published row; numbers are texts, with the digits that were printed. */
interface Row<Column extends string> {
  readonly dataset: PublishedDataset
  readonly neuron: 'relu' | 'lif' | 'clif'
  readonly printed: { readonly [column in Column]: string }
}

/** Millions of additions and of multiply-adds, and microjoules, of one time step. */
export type Table6Column = 'ACs' | 'MACs' | 'energy'

function table6(
  dataset: PublishedDataset,
  neuron: Row<string>['neuron'],
  ACs: string,
  MACs: string,
  energy: string,
): Row<Table6Column> {
  return { dataset, neuron, printed: { ACs, MACs, energy } }
}

/** @see Huang et al. 2024, Table 6 */
export const publishedTable6: readonly Row<Table6Column>[] = [
  table6('cifar10', 'relu', '0', '557.65', '2565.19'),
  table6('cifar10', 'clif', '68.66', '5.12', '85.346'),
  table6('cifar10', 'lif', '84.86', '2.89', '89.668'),
  table6('cifar100', 'relu', '0', '557.7', '2565.42'),
  table6('cifar100', 'clif', '55.58', '5.16', '73.758'),
  table6('cifar100', 'lif', '60.28', '2.93', '67.73'),
  table6('tiny-imagenet', 'relu', '0', '922.56', '4243.776'),
  table6('tiny-imagenet', 'clif', '102.1', '282.83', '1392.908'),
  table6('tiny-imagenet', 'lif', '135.25', '278.84', '1404.389'),
  table6('dvs-gesture', 'clif', '19.16', '1.09e3', '5031.244'),
  table6('dvs-gesture', 'lif', '25.09', '1.08e3', '4990.581'),
  table6('dvs-cifar10', 'clif', '12.02', '153.87', '718.62'),
  table6('dvs-cifar10', 'lif', '14.65', '152.5', '714.685'),
]

/** Millijoules of an inference; addressing in microjoules. */
export type Table7Column = 'total' | 'potentials' | 'parameters' | 'inOut' | 'operations' | 'addressing'

function table7(
  dataset: PublishedDataset,
  neuron: Row<string>['neuron'],
  total: string,
  parts: readonly [string, string, string, string, string],
): Row<Table7Column> {
  const [potentials, parameters, inOut, operations, addressing] = parts
  return { dataset, neuron, printed: { total, potentials, parameters, inOut, operations, addressing } }
}

/** @see Huang et al. 2024, Table 7 */
export const publishedTable7: readonly Row<Table7Column>[] = [
  table7('cifar10', 'relu', '111.6619', ['0', '54.9688', '54.9357', '1.7573', '0.1145']),
  table7('cifar10', 'lif', '34.5304', ['22.9987', '11.4994', '0.0013', '0.0190', '12.1394']),
  table7('cifar10', 'clif', '64.8293', ['55.5172', '9.2529', '0.0007', '0.0389', '19.5184']),
  table7('cifar100', 'relu', '111.6667', ['0', '54.9735', '54.9357', '1.7574', '0.1145']),
  table7('cifar100', 'lif', '25.3267', ['16.8666', '8.4337', '0.0004', '0.0171', '8.8427']),
  table7('cifar100', 'clif', '54.6861', ['46.8265', '7.8048', '0.0004', '0.0380', '16.4053']),
  table7('tiny-imagenet', 'relu', '186.2279', ['0', '91.9065', '91.3834', '2.9379', '0.1686']),
  table7('tiny-imagenet', 'lif', '57.8778', ['37.7700', '18.9076', '0.0050', '1.1754', '19.8379']),
  table7('tiny-imagenet', 'clif', '100.1968', ['84.8900', '14.1756', '0.0028', '1.0986', '29.7983']),
  table7('dvs-cifar10', 'lif', '8.6343', ['5.7398', '2.8701', '0.0003', '0.0212', '2.9340']),
  table7('dvs-cifar10', 'clif', '16.4876', ['14.0891', '2.3484', '0.0002', '0.0451', '4.7976']),
  table7('dvs-gesture', 'lif', '21.0574', ['13.9212', '6.9606', '0.0003', '0.1682', '7.0728']),
  table7('dvs-gesture', 'clif', '45.1856', ['38.3082', '6.3848', '0.0003', '0.4794', '12.9767']),
]
