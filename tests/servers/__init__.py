"""Real file servers for tests: SSH, SMB, NFS, each with its own directory, user and password, on a port of its own.

Nothing of the machine is changed: users exist only for the server, in a mount namespace of its own. As programs they
serve a person or a virtual machine: `python -m tests.servers.ssh DIRECTORY`.
"""
