import { describeKilled } from './killed.ts'

describeKilled(1)
