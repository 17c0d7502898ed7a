"""A tiny batch service for one machine: a process per job that outlives its caller, and a queue.

It stands for what EMR or SLURM are elsewhere. Its state is a folder; the kernel's file locks say who is alive, so
neither a reboot nor kill -9 nor a clock that jumps can confuse it.
"""
