"""The description of a released package for catalogues and citations, in the form that each of them reads."""
