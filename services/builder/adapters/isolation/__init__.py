"""How a step of a run is kept apart from the machine and from Trellis.

| module | holds |
|---|---|
| `preparation` | what is found out once, when the builder starts: `prepare() -> Profile` |
| `grade` | how strongly; today `standard` alone |
| `bubblewrap` | which bubblewrap works here |
| `passing` | what of the host's proxy, registry and CA settings reaches a step |
| `programs` | node and npm, wherever they live |
| `profile` | what a step sees, as options of bubblewrap |
| `processes` | the processes of one command: their output, their end |
| `minding` | follows what a command holds, and ends it when that is too much |
| `room` | the memory and processors that a command may take |
| `watch` | follows one command, and ends it when it takes too long |
| `sandbox` | `Sandbox.run(Command) -> Exit`, what everybody else calls |
"""
