#!/usr/bin/env node
/** @file The executable of the package. */
import { main } from "./main.js";

process.umask(0o077);
// Assigned rather than process.exit(): output that is still in a pipe must arrive.
process.exitCode = await main(process.argv.slice(2));
