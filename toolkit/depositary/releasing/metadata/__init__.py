"""The description of a released package for catalogues and citations, in the form that each of them reads.

One frozen model (`dataset.py`) is read from the descriptor and the files; every other module writes it in one form.
"""
