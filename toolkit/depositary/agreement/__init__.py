"""How far coders agree: what each of them found, and which values they gave to what several found."""
