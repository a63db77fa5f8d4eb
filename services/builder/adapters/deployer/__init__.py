"""The one deployer: brings checked assemblies to AWS, follows them there, and removes stacks.

It runs none of the application's code, and is the only part that holds deploy credentials. All of
it blocks: asyncio calls it in a thread.
"""
