"""Read labels and cells of one file as typed values and notes; the lanes make the findings."""
