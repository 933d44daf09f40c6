/** A program that ends when the package manager that started it does; prints a line once it watches. */
import { whenStarterEnds } from '../starter.ts'

const alive = setInterval(() => {}, 1000)
await whenStarterEnds(() => clearInterval(alive))
process.stdout.write(`${process.pid}\n`)
