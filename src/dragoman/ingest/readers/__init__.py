"""Readers, each in a file of its own.

A container has ``units(stream, name, context)``, which yields ``Unit`` and ``Flaw``; a
single format has ``parse(unit, limits)``, which yields ``Found`` and ``Link``. Both raise
``InputError``. They run in the worker process only.
"""
