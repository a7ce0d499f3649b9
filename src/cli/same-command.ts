/** @file The command line at hand, quoted for a shell: what a stopped run says to go on with. */

export function sameCommand(argv: readonly string[] = process.argv.slice(2)): string {
  return ["clinicalbert", ...argv.map(quote)].join(" ");
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
