"""An assembly as it is checked before it meets a credential: hostile until `check` says otherwise.

The deployer's adapters list a folder, `check.check_assembly` judges the list. Nothing here reads
a file.
"""
