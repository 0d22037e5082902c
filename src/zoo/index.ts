export { loadZoo, type ZooCard, zooBytes, zooCard, zooNames, zooPrefix } from './zoo.ts'
