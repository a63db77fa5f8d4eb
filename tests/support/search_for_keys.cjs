// Looks for values in all that a program of the application's can see: its variables, every process
// in /proc, files, the metadata endpoints of a machine in AWS. What is looked for comes reversed, so
// that no file holds it for being looked for.
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const LARGEST = 1 << 20;
const PASSED_OVER = new Set(["/proc", "/sys", "/dev", "/usr", "/lib", "/lib64", "/bin", "/sbin"]);
const ASKING = `
  fetch(process.argv[1], { signal: AbortSignal.timeout(1500) })
    .then((answer) => answer.text())
    .then((text) => process.stdout.write(text))
    .catch(() => {});
`;

function content(file) {
  try {
    return fs.readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

function* files(folder) {
  let entries = [];
  try {
    entries = fs.readdirSync(folder, { withFileTypes: true });
  } catch {}
  for (const entry of entries) {
    const at = path.join(folder, entry.name);
    if (PASSED_OVER.has(at) || entry.name === "node_modules") continue;
    if (entry.isDirectory()) yield* files(at);
    else if (entry.isFile() && fs.statSync(at).size <= LARGEST) yield at;
  }
}

function* everything({ folders, metadata }) {
  yield ["environment", JSON.stringify(process.env)];
  const processes = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    if (Number(pid) === process.pid) continue;
    yield ["process", content(`/proc/${pid}/environ`) + content(`/proc/${pid}/cmdline`)];
  }
  for (const folder of folders) {
    for (const file of files(folder)) yield ["file", content(file)];
  }
  for (const address of metadata) {
    const asked = spawnSync(process.execPath, ["-e", ASKING, address], { encoding: "latin1" });
    yield ["metadata", asked.stdout];
  }
}

/** By the name of each value, the kinds of places that hold it. */
exports.search = function search({ reversed, folders, metadata }) {
  const found = {};
  const wanted = Object.entries(reversed).map(([name, value]) => {
    found[name] = new Set();
    return [name, [...value].reverse().join("")];
  });
  for (const [kind, text] of everything({ folders, metadata })) {
    for (const [name, value] of wanted) if (text.includes(value)) found[name].add(kind);
  }
  return Object.fromEntries(Object.entries(found).map(([name, kinds]) => [name, [...kinds].sort()]));
};

if (require.main === module) {
  console.log(JSON.stringify(exports.search(JSON.parse(process.argv[2]))));
}
