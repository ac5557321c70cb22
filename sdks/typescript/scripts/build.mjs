// Compiles src twice, into dist/cjs and dist/esm, each with its types and the mark of its module kind.

import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const kinds = [
  { folder: 'cjs', config: 'tsconfig.json', type: 'commonjs' },
  { folder: 'esm', config: 'tsconfig.esm.json', type: 'module' },
];

rmSync(`${root}/dist`, { recursive: true, force: true });
for (const { folder, config, type } of kinds) {
  execFileSync(process.execPath, [tsc, '-p', config], { cwd: root, stdio: 'inherit' });
  writeFileSync(`${root}/dist/${folder}/package.json`, `{ "type": "${type}" }\n`);
}
