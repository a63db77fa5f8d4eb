"""The messages that Trellis's services, and systems that subscribe to them, exchange.

Pure: pydantic and the standard library, no I/O. The map of the package:

- `message`: what every message is; `Envelope`, what is known about a recorded event.
- `names`: ids and constrained strings. `parties`: who must act on a failure.
- `pushes`: what a forge told us. `applications`: applications, environments and their settings.
- `pull_requests`, `trials`: pull requests, their environments, and what a fork may have.
- `lifecycles`: how those change and end. `stages`: a stage made from the name of a branch.
- `deployments`: deployments and their outcomes. `failures`: one event per kind of failure, those
  of hooks, limits and stacks in modules of their own.
- `runs`: the work queue and what a builder reports. `steps`, `sizes`: a run's parts, its room.
- `logs`: the lines of a run.
- `continuing`: a stuck rollback that goes on. `previewing`: what a deployment would change, as
  events and a view, made of `changes`; `losses`: which changes take data with them.
- `foretelling`, `foreseeing`, `explaining`, `sentences`: all of it in words.
- `asking`: commands and facts on their way, and their answers.
- `views`: the read models. `subjects`, `codec`, `retired`: how all of it travels and ages.
- `routes`, `rights`: what is served under which prefix, and who may do what.
"""
