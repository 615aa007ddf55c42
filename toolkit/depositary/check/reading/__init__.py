"""From labels and cells of one file to typed values and notes; findings are made in the lanes."""
