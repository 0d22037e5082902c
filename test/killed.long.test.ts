import { describeKilled } from './killed.ts'

describeKilled(100)
