"""Pictures as SVG, drawn when the site is built: attributes only, colours by class, texts that say the finding."""
