"""Rehearsal clouds: a whole cloud on one machine, of real parts where they exist and of emulators elsewhere."""
