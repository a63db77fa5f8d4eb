"""The program that turns a CloudFormation or SAM template into an assembly, inside the sandbox.

It has the standard library and PyYAML, and nothing else of ours: what it is told comes in one
file, what it found out goes into another (`program`).
"""
