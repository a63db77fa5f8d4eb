"""What comes to the orchestrator, and how it is answered.

- `routes`: which subject goes where. `answering`: decide, record, answer; once.
- `applications`, `environments`, `runs`: commands and facts on each of the three.
- `previews`: what a deployment would change, asked before it is confirmed.
- `branches`: what follows when a branch has moved. `deliveries`: the inbox.
"""
